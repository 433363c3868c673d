import { BerthError } from "@berth/protocol/errors";
import { RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";

/** What `pg.Pool` is, as far as the limiter cares. */
export interface QueryClient {
  query(...args: unknown[]): unknown;
}

export interface LoginLimits {
  /** Throws RATE_LIMIT_EXCEEDED with `details.retryAfter` in seconds. */
  take(attempt: { username: string; address: string }): Promise<void>;
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

const WINDOW_SECONDS = 60;
/** Six digits with a step of drift either way: ten tries in a quarter of an hour find one in about three thousand years. */
const CODES = 10;
const CODE_WINDOW_SECONDS = 15 * 60;

const limiterOn = (pool: QueryClient, keyPrefix: string, points: number, duration = WINDOW_SECONDS) =>
  new RateLimiterPostgres({
    storeClient: pool,
    tableName: "rate_limits",
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix,
    points,
    duration,
  });

/** Throws RATE_LIMIT_EXCEEDED for what a limiter refused, and anything else as it is. */
async function limited(what: string, consume: () => Promise<unknown>): Promise<void> {
  try {
    await consume();
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    const retryAfter = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
    throw new BerthError("RATE_LIMIT_EXCEEDED", `Too many ${what}. Please try again in ${retryAfter} seconds.`, {
      details: { retryAfter },
    });
  }
}

/** Counts how often an address comes by links to screens. */
export function guestLimits(pool: QueryClient, perMinute: number): GuestLimits {
  const byAddress = limiterOn(pool, "guest-address", perMinute);
  return { take: (address) => limited("attempts", () => byAddress.consume(address)) };
}

/** Counts attempts, not failures, for an address and for a name from an address. The table is UNLOGGED and made by a migration. */
export function loginLimits(pool: QueryClient, perMinute: { address: number; usernameAndAddress: number }): LoginLimits {
  const byAddress = limiterOn(pool, "login-address", perMinute.address);
  const byBoth = limiterOn(pool, "login-name", perMinute.usernameAndAddress);
  const byCode = limiterOn(pool, "login-code", CODES, CODE_WINDOW_SECONDS);
  return {
    take: ({ username, address }) =>
      limited("sign-in attempts", async () => {
        await byAddress.consume(address);
        await byBoth.consume(`${username}@${address}`);
      }),
    takeCode: (userId) => limited("sign-in attempts", () => byCode.consume(userId)),
    forgetCodes: async (userId) => void (await byCode.delete(userId)),
    async purge() {
      await pool.query("DELETE FROM rate_limits WHERE expire < $1", [Date.now() - WINDOW_SECONDS * 1000]);
    },
  };
}
