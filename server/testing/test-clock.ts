import type { Clock, Timer } from "../platform/clock";

interface Entry {
  due: number;
  readonly everyMs: number | null;
  readonly run: () => void | Promise<void>;
}

/** Time that moves only when a test says so. */
export class TestClock implements Clock {
  private time: number;
  private readonly entries = new Set<Entry>();
  private readonly awaited = new Set<{ readonly ms: number; readonly set: () => void }>();

  constructor(start = new Date("2026-11-22T10:00:00Z")) {
    this.time = start.getTime();
  }

  now(): Date {
    return new Date(this.time);
  }

  after(ms: number, run: () => void): Timer {
    return this.add({ due: this.time + ms, everyMs: null, run });
  }

  every(ms: number, run: () => void | Promise<void>): Timer {
    return this.add({ due: this.time + ms, everyMs: ms, run });
  }

  /** Moves time on and runs what falls due, in order, each awaited. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (let next = this.next(end); next; next = this.next(end)) {
      this.time = next.due;
      if (next.everyMs === null) this.entries.delete(next);
      else next.due += next.everyMs;
      await next.run();
    }
    this.time = end;
  }

  /** As on a machine that slept: nothing falls due meanwhile, and all that waits has still as long to wait. */
  sleep(ms: number): void {
    this.time += ms;
    for (const entry of this.entries) entry.due += ms;
  }

  /** As `advance`, once somebody waits for that long: for a wait that is begun beside the test, which time would otherwise pass by. */
  async advanceOnceAwaited(ms: number): Promise<void> {
    const waits = [...this.entries].some((entry) => entry.everyMs === null && entry.due === this.time + ms);
    if (!waits) {
      await new Promise<void>((resolve) => {
        const waiter = {
          ms,
          set: () => {
            this.awaited.delete(waiter);
            resolve();
          },
        };
        this.awaited.add(waiter);
      });
    }
    await this.advance(ms);
  }

  private add(entry: Entry): Timer {
    this.entries.add(entry);
    if (entry.everyMs === null) for (const { ms, set } of [...this.awaited]) if (entry.due === this.time + ms) set();
    return { cancel: () => this.entries.delete(entry) };
  }

  private next(end: number): Entry | undefined {
    return [...this.entries].filter((entry) => entry.due <= end).sort((a, b) => a.due - b.due)[0];
  }
}
