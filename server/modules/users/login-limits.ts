import { purgeSharedCounts, type QueryClient, type RateLimiter, sharedLimiter } from "../../platform/rate-limiter";

export interface LoginAttempt {
  readonly username: string;
  readonly address: string;
  /** The door counted it for its address already. */
  readonly addressCounted?: boolean | undefined;
}

export interface LoginLimits {
  /** By address: what a door that counts requests by itself takes of. */
  readonly byAddress: RateLimiter;
  /** Throws RATE_LIMIT_EXCEEDED with `details.retryAfter` in seconds. */
  take(attempt: LoginAttempt): Promise<void>;
  /** Counts codes of a second factor given for a user, from wherever. Throws as `take` does. */
  takeCode(userId: string): Promise<void>;
  /** A right code: the wrong ones before it are forgotten. */
  forgetCodes(userId: string): Promise<void>;
  /** Forgets counts that ran out. */
  purge(): Promise<void>;
}

export interface GuestLimits {
  /** Throws RATE_LIMIT_EXCEEDED with `details.retryAfter` in seconds. */
  take(address: string): Promise<void>;
}

/** Six digits with a step of drift either way: ten tries in a quarter of an hour find one in about three thousand years. */
const CODES = 10;
const CODE_WINDOW_SECONDS = 15 * 60;

/** Counts how often an address comes by links to screens. */
export function guestLimits(pool: QueryClient, perMinute: number): GuestLimits {
  const byAddress = sharedLimiter(pool, { name: "guest-address", points: perMinute });
  return { take: async (address) => void (await byAddress.take(address)) };
}

/** Counts attempts, not failures, for an address and for a name from an address. The table is UNLOGGED and made by a migration. */
export function loginLimits(pool: QueryClient, perMinute: { address: number; usernameAndAddress: number }): LoginLimits {
  const byAddress = sharedLimiter(pool, { name: "login-address", points: perMinute.address });
  const byBoth = sharedLimiter(pool, { name: "login-name", points: perMinute.usernameAndAddress });
  const byCode = sharedLimiter(pool, { name: "login-code", points: CODES, seconds: CODE_WINDOW_SECONDS });
  return {
    byAddress,
    async take({ username, address, addressCounted = false }) {
      if (!addressCounted) await byAddress.take(address);
      await byBoth.take(`${username}@${address}`);
    },
    takeCode: async (userId) => void (await byCode.take(userId)),
    forgetCodes: (userId) => byCode.forget(userId),
    purge: () => purgeSharedCounts(pool),
  };
}
