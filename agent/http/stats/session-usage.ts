/** Readings of what sessions use become statistics: a share of CPU is the difference of two readings. */
import { type SessionStats, STATS_EVERY_MS, STATS_KEPT } from "@berth/protocol/session-stats";
import type { Clock, Timer } from "../../clock";
import type { SessionDriver, UsageReading } from "../../drivers/driver";
import { type Log, wordsOf } from "../../log";

/** A difference over less says more of the counter's steps than of the session. */
const SHORTEST_MS = 200;

export interface SessionUsageOptions {
  readonly driver: Pick<SessionDriver, "usageOf" | "usages">;
  readonly clock: Clock;
  readonly log: Log;
}

interface Known {
  last: UsageReading;
  percent: number | null;
  readonly history: SessionStats[];
}

export class SessionUsage {
  readonly #options: SessionUsageOptions;
  readonly #known = new Map<string, Known>();
  #timer: Timer | null = null;

  constructor(options: SessionUsageOptions) {
    this.#options = options;
  }

  /** Takes a sample of all that runs, now and then. */
  start(): void {
    this.#timer ??= this.#options.clock.every(STATS_EVERY_MS, () => void this.sample());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Throws what the driver throws for a session that doesn't run. */
  async now(sessionId: string): Promise<SessionStats> {
    return this.#take(sessionId, await this.#options.driver.usageOf(sessionId));
  }

  /** Oldest first. */
  history(sessionId: string): readonly SessionStats[] {
    return this.#known.get(sessionId)?.history ?? [];
  }

  async sample(): Promise<void> {
    try {
      const readings = await this.#options.driver.usages();
      for (const [sessionId, reading] of readings) {
        const stats = this.#take(sessionId, reading);
        const history = this.#known.get(sessionId)?.history;
        history?.push(stats);
        if (history && history.length > STATS_KEPT) history.shift();
      }
      for (const sessionId of this.#known.keys()) if (!readings.has(sessionId)) this.#known.delete(sessionId);
    } catch (error) {
      this.#options.log.debug({ err: error }, `statistics were not taken: ${wordsOf(error)}`);
    }
  }

  #take(sessionId: string, reading: UsageReading): SessionStats {
    const before = this.#known.get(sessionId);
    const known: Known = before ?? { last: reading, percent: null, history: [] };
    const elapsed = reading.at.getTime() - known.last.at.getTime();
    // A counter that went back belongs to another container.
    if (reading.cpuNanoseconds < known.last.cpuNanoseconds) Object.assign(known, { last: reading, percent: null });
    else if (elapsed >= SHORTEST_MS) {
      known.percent = Math.round(((reading.cpuNanoseconds - known.last.cpuNanoseconds) / 1e6 / elapsed) * 1000) / 10;
      known.last = reading;
    }
    if (!before) this.#known.set(sessionId, known);
    const { at, cores, memory, network, disk, pids } = reading;
    return { at: at.toISOString(), cpu: { percent: known.percent, limit: cores }, memory, network, disk, pids };
  }
}
