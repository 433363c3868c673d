import QuickLRU from "quick-lru";
import type { Clock } from "./clock";

/** How long something may be believed where nobody says that it changed: the bus says so within milliseconds, and can be away. */
export const KEPT_MS = 1_000;
const MOST = 5_000;

interface Reading<Value> {
  readonly value: Promise<Value>;
  readonly until: number;
  /** What was read, once it is there. */
  found: NonNullable<Value> | null;
}

/**
 * What nearly every request asks of the database and what seldom changes, kept for a second at most. Whoever owns it drops it when the
 * bus says that it changed (`Bus.beforehand`); what is being read at that moment is for those who asked before. What isn't there is not
 * kept, and neither is what could not be read.
 */
export class KeptBriefly<Value extends object | null> {
  private readonly readings: QuickLRU<string, Reading<Value>>;

  /** `most`: at least as many are kept, and at most twice as many. */
  constructor(
    private readonly clock: Clock,
    most = MOST,
  ) {
    this.readings = new QuickLRU({ maxSize: most });
  }

  of(key: string, read: () => Promise<Value>): Promise<Value> {
    const now = this.clock.now().getTime();
    const known = this.readings.get(key);
    if (known && now < known.until) return known.value;
    const reading: Reading<Value> = { value: read(), until: now + KEPT_MS, found: null };
    this.readings.set(key, reading);
    const forget = () => {
      if (this.readings.peek(key) === reading) this.readings.delete(key);
    };
    reading.value.then((value) => {
      if (value === null) forget();
      else reading.found = value;
    }, forget);
    return reading.value;
  }

  /** Those of whom `whose` says so, or all; and all that is being read. */
  drop(whose: (value: NonNullable<Value>) => boolean = () => true): void {
    for (const [key, { found }] of [...this.readings]) if (found === null || whose(found)) this.readings.delete(key);
  }
}
