import type { Clock, Timer } from "../clock";

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #now: number;
  #jobs = new Set<{ at: number; every: number | null; run: () => void }>();

  constructor(start = Date.parse("2026-11-22T10:00:00Z")) {
    this.#now = start;
  }

  now(): Date {
    return new Date(this.#now);
  }

  after(ms: number, run: () => void): Timer {
    return this.#add({ at: this.#now + ms, every: null, run });
  }

  every(ms: number, run: () => void): Timer {
    return this.#add({ at: this.#now + ms, every: ms, run });
  }

  /** Moves on and runs what falls due on the way, in order of time. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = [...this.#jobs].filter((job) => job.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      if (next.every === null) this.#jobs.delete(next);
      else next.at += next.every;
      next.run();
    }
    this.#now = until;
  }

  /** Milliseconds until each waiting job. */
  get waiting(): number[] {
    return [...this.#jobs].map((job) => job.at - this.#now);
  }

  #add(job: { at: number; every: number | null; run: () => void }): Timer {
    this.#jobs.add(job);
    return { cancel: () => void this.#jobs.delete(job) };
  }
}
