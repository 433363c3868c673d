import QuickLRU from "quick-lru";
import { RateLimiterRes } from "rate-limiter-flexible";
import { databaseAway } from "./errors";
import { type QueryClient, type RateLimiter, type SharedLimit, type Standing, sharedCounts, tooMany } from "./rate-limiter";

/** Of what is left, at most this part is taken at once, … */
const LEASED_PART = 10;
/** … and never more than this. */
const MOST_LEASED = 100;
const MOST_KEYS = 10_000;

interface Window {
  /** Taken from the shared count, and not yet spent here. */
  unspent: number;
  /** What was left of the shared count after that. */
  readonly beyond: number;
  readonly endsAt: number;
}

/**
 * As `sharedLimiter`, but a tenth of what is left of a window is taken at once (one to a hundred) and spent here without asking the
 * database. What was taken is counted already: the limit is never exceeded, by however many replicas. Whoever asks several is refused
 * early by what the others hold unspent: at most a tenth of the limit each. A standing counts what other replicas took up to the last time
 * this one asked. Whoever is over the limit is refused from memory until the window ends.
 */
export function leasedLimiter(pool: QueryClient, limit: SharedLimit): RateLimiter {
  const { points } = limit;
  const limiter = sharedCounts(pool, limit);
  const windows = new QuickLRU<string, Window>({ maxSize: MOST_KEYS });
  const asking = new Map<string, Promise<void>>();

  const lease = async (key: string, left: number): Promise<void> => {
    const wish = Math.min(MOST_LEASED, Math.max(1, Math.floor(left / LEASED_PART)));
    const counted = await limiter.consume(key, wish).catch((refused: unknown) => {
      // What is left is the shared counts' own: they could not be asked.
      if (!(refused instanceof RateLimiterRes)) throw databaseAway(refused);
      return refused;
    });
    const { consumedPoints, msBeforeNext } = counted;
    windows.set(key, {
      unspent: Math.max(0, Math.min(wish, points - (consumedPoints - wish))),
      beyond: Math.max(0, points - consumedPoints),
      endsAt: Date.now() + msBeforeNext,
    });
  };

  return {
    limit: points,
    async take(key): Promise<Standing> {
      for (;;) {
        const now = Date.now();
        const kept = windows.get(key);
        const window = kept && kept.endsAt > now ? kept : null;
        if (window && window.unspent > 0) {
          window.unspent -= 1;
          return { limit: points, remaining: window.beyond + window.unspent, resetsInMs: window.endsAt - now };
        }
        if (window && window.beyond === 0) throw tooMany(window.endsAt - now);
        let asked = asking.get(key);
        if (!asked) {
          asked = lease(key, window?.beyond ?? points).finally(() => asking.delete(key));
          asking.set(key, asked);
        }
        await asked;
      }
    },
    async forget(key) {
      windows.delete(key);
      await limiter.delete(key);
    },
  };
}
