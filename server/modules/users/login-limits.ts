import { BerthError } from "@berth/protocol/errors";
import { RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";

/** What `pg.Pool` is, as far as the limiter cares. */
export interface QueryClient {
  query(...args: unknown[]): unknown;
}

export interface LoginLimits {
  /** Throws RATE_LIMIT_EXCEEDED with `details.retryAfter` in seconds. */
  take(attempt: { username: string; address: string }): Promise<void>;
  /** Forgets counts that ran out. */
  purge(): Promise<void>;
}

export interface GuestLimits {
  /** Throws RATE_LIMIT_EXCEEDED with `details.retryAfter` in seconds. */
  take(address: string): Promise<void>;
}

const WINDOW_SECONDS = 60;
const limiterOn = (pool: QueryClient, keyPrefix: string, points: number) =>
  new RateLimiterPostgres({
    storeClient: pool,
    tableName: "rate_limits",
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix,
    points,
    duration: WINDOW_SECONDS,
  });

/** Throws RATE_LIMIT_EXCEEDED for what a limiter refused, and anything else as it is. */
function refuse(refused: unknown, what: string): never {
  if (!(refused instanceof RateLimiterRes)) throw refused;
  const retryAfter = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
  throw new BerthError("RATE_LIMIT_EXCEEDED", `Too many ${what}. Please try again in ${retryAfter} seconds.`, { details: { retryAfter } });
}

/** Counts how often an address comes by links to screens. */
export function guestLimits(pool: QueryClient, perMinute: number): GuestLimits {
  const byAddress = limiterOn(pool, "guest-address", perMinute);
  return {
    take: async (address) => {
      await byAddress.consume(address).catch((refused: unknown) => refuse(refused, "attempts"));
    },
  };
}

/** Counts attempts, not failures, for an address and for a name from an address. The table is UNLOGGED and made by a migration. */
export function loginLimits(pool: QueryClient, perMinute: { address: number; usernameAndAddress: number }): LoginLimits {
  const byAddress = limiterOn(pool, "login-address", perMinute.address);
  const byBoth = limiterOn(pool, "login-name", perMinute.usernameAndAddress);
  return {
    async take({ username, address }) {
      try {
        await byAddress.consume(address);
        await byBoth.consume(`${username}@${address}`);
      } catch (refused) {
        refuse(refused, "sign-in attempts");
      }
    },
    async purge() {
      await pool.query("DELETE FROM rate_limits WHERE expire < $1", [Date.now() - WINDOW_SECONDS * 1000]);
    },
  };
}
