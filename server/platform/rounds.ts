import type { Bus, BusEvent } from "./bus";
import type { Clock, Timer } from "./clock";
import type { Log } from "./log";
import { NextRun } from "./next-run";

export interface RoundsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
  /** Told to the log, with the error, of a round that fails; the next one comes all the same. */
  readonly failed: string;
  /** A round when it starts, too. */
  readonly atStart?: boolean;
  /** In how many milliseconds of an event a round is to begin; null: it is nothing to this one. What happens within that time is looked at together. */
  readonly on?: { readonly bus: Bus; readonly within: (event: BusEvent) => number | null };
}

/**
 * What a module does again and again: on the clock, and as soon as something happened. Rounds never overlap; one that is asked for while
 * another runs comes after it, once, however many asked.
 */
export abstract class Rounds {
  private readonly run = new NextRun(() => this.round());
  private last: Promise<void> = Promise.resolve();
  private timer: Timer | null = null;
  private early: Timer | null = null;
  private unsubscribe: (() => void) | null = null;
  private stopped = false;

  constructor(private readonly options: RoundsOptions) {}

  /** One round; throws where it could not be done whole. */
  abstract sweep(): Promise<unknown>;

  start(): void {
    const { clock, everyMs, on, atStart } = this.options;
    this.timer = clock.every(everyMs, () => this.now());
    if (on)
      this.unsubscribe = on.bus.subscribe((event) => {
        const ms = on.within(event);
        if (ms !== null) this.within(ms);
      });
    if (atStart) void this.now();
  }

  /** Resolves when the round under way is over. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.unsubscribe?.();
    this.early?.cancel();
    this.timer?.cancel();
    await this.last;
    this.timer = null;
    this.stopped = false;
  }

  /** For rounds that go on for long: between two parts of them. */
  protected get stopping(): boolean {
    return this.stopped;
  }

  /** A round begins in so many milliseconds, or earlier if one was due already. Nothing where it was not started. */
  protected within(ms: number): void {
    if (!this.timer || this.stopped) return;
    if (ms === 0) return void this.now();
    this.early ??= this.options.clock.after(ms, () => {
      this.early = null;
      void this.now();
    });
  }

  /** Also where it was not started. Resolves when a round that began after this was called is over; never rejects. */
  now(): Promise<void> {
    this.last = this.run.ask();
    return this.last;
  }

  private async round(): Promise<void> {
    if (this.stopped) return;
    try {
      await this.sweep();
    } catch (error) {
      this.options.log.warn({ err: error }, this.options.failed);
    }
  }
}
