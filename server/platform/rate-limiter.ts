import { BerthError } from "@berth/protocol/errors";
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";
import { databaseAway } from "./errors";

/** What `pg.Pool` is, as far as a limiter cares. */
export interface QueryClient {
  query(...args: unknown[]): unknown;
}

export interface Standing {
  readonly limit: number;
  readonly remaining: number;
  /** Until the window ends. */
  readonly resetsInMs: number;
}

export interface RateLimiter {
  readonly limit: number;
  /** Counts one. Throws RATE_LIMIT_EXCEEDED with `details.retryAfter` in seconds. */
  take(key: string): Promise<Standing>;
  /** Forgets what was counted of a key. */
  forget(key: string): Promise<void>;
}

export interface SharedLimit {
  /** Before each key; names of limiters must differ. */
  readonly name: string;
  readonly points: number;
  readonly seconds?: number;
}

const WINDOW_SECONDS = 60;
/** How long a row may stay after its window: the longest window that there is. */
const KEPT_MS = 15 * 60_000;

/**
 * Counts in windows that begin with a key's first request, for all replicas together: one upsert in an UNLOGGED table for each. For what is
 * asked often and never forgotten early there is `leasedLimiter`.
 */
export function sharedLimiter(pool: QueryClient, limit: SharedLimit): RateLimiter {
  const { points } = limit;
  const limiter = sharedCounts(pool, limit);
  return {
    limit: points,
    take: (key) => taken(points, () => limiter.consume(key)),
    forget: async (key) => void (await limiter.delete(key)),
  };
}

/** The counts themselves, which all replicas share. */
export function sharedCounts(pool: QueryClient, { name, points, seconds = WINDOW_SECONDS }: SharedLimit): RateLimiterPostgres {
  return new RateLimiterPostgres({
    storeClient: pool,
    tableName: "rate_limits",
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix: name,
    points,
    duration: seconds,
  });
}

/** Counts in this process alone, and costs no query. */
export function localLimiter(points: number, seconds = WINDOW_SECONDS): RateLimiter {
  const limiter = new RateLimiterMemory({ points, duration: seconds });
  return {
    limit: points,
    take: (key) => taken(points, () => limiter.consume(key)),
    forget: async (key) => void (await limiter.delete(key)),
  };
}

/** Forgets shared counts that ran out. */
export async function purgeSharedCounts(pool: QueryClient): Promise<void> {
  await pool.query("DELETE FROM rate_limits WHERE expire < $1", [Date.now() - KEPT_MS]);
}

async function taken(limit: number, consume: () => Promise<RateLimiterRes>): Promise<Standing> {
  try {
    const { remainingPoints, msBeforeNext } = await consume();
    return { limit, remaining: remainingPoints, resetsInMs: msBeforeNext };
  } catch (refused) {
    // What is left is the shared counts' own: they could not be asked.
    if (!(refused instanceof RateLimiterRes)) throw databaseAway(refused);
    throw tooMany(refused.msBeforeNext);
  }
}

/** RATE_LIMIT_EXCEEDED, with `details.retryAfter` in seconds. */
export function tooMany(msBeforeNext: number): BerthError {
  const retryAfter = Math.max(1, Math.ceil(msBeforeNext / 1000));
  const message = `Too many requests. Please try again in ${retryAfter} second${retryAfter === 1 ? "" : "s"}.`;
  return new BerthError("RATE_LIMIT_EXCEEDED", message, { details: { retryAfter } });
}
