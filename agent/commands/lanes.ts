/**
 * Order and bounds of work: jobs of one lane run one after the other in the order in which they came, different lanes at the same time up
 * to a limit. Lanes that wait for a free place get it in the order in which they asked.
 */
export class Lanes {
  readonly #limit: number;
  readonly #waiting = new Map<string, Array<() => Promise<void>>>();
  readonly #ready: string[] = [];
  readonly #busy = new Set<string>();
  #idle: Array<() => void> = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** `job` must not reject. */
  add(lane: string, job: () => Promise<void>): void {
    const jobs = this.#waiting.get(lane);
    if (jobs) jobs.push(job);
    else {
      this.#waiting.set(lane, [job]);
      if (!this.#busy.has(lane)) this.#ready.push(lane);
    }
    this.#next();
  }

  /** Resolves when nothing runs or waits. */
  settled(): Promise<void> {
    if (this.#busy.size === 0 && this.#ready.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #next(): void {
    while (this.#busy.size < this.#limit) {
      const lane = this.#ready.shift();
      if (lane === undefined) break;
      void this.#run(lane);
    }
    if (this.#busy.size === 0 && this.#ready.length === 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  async #run(lane: string): Promise<void> {
    const jobs = this.#waiting.get(lane);
    const job = jobs?.shift();
    if (!job) return;
    if (jobs?.length === 0) this.#waiting.delete(lane);
    this.#busy.add(lane);
    try {
      await job();
    } finally {
      this.#busy.delete(lane);
      if (this.#waiting.has(lane)) this.#ready.push(lane);
      this.#next();
    }
  }
}
