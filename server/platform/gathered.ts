const MOST_AT_ONCE = 500;

interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  readonly answer: (answer: Answer) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * One statement for many askers: who asks while an answer is under way waits, and those who wait are asked for together next. An answer is
 * always of a moment after its question, and alone nobody waits for company.
 *
 * `run` answers in the order of what it was given, and must be safe to be done again: where it throws for several, each is tried alone, so that
 * one that can't be written spoils it for nobody else. No two of one batch have the same `key`; of one key the questions stay in order. What only
 * reads needs none.
 */
export class Gathered<Asked, Answer> {
  private waiting: Waiting<Asked, Answer>[] = [];
  private running = false;

  constructor(
    private readonly run: (batch: readonly Asked[]) => Promise<readonly Answer[]>,
    private readonly key: ((asked: Asked) => string) | null = null,
  ) {}

  ask(asked: Asked): Promise<Answer> {
    return new Promise((answer, fail) => {
      this.waiting.push({ asked, answer, fail });
      if (!this.running) void this.work();
    });
  }

  private async work(): Promise<void> {
    this.running = true;
    // What this turn of the event loop brought goes together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const batch = this.next();
      if (!(await this.answer(batch, batch.length === 1))) for (const one of batch) await this.answer([one], true);
    }
    this.running = false;
  }

  private next(): Waiting<Asked, Answer>[] {
    const keys = new Set<string>();
    const batch: Waiting<Asked, Answer>[] = [];
    const later: Waiting<Asked, Answer>[] = [];
    for (const one of this.waiting) {
      const key = this.key?.(one.asked) ?? null;
      if (batch.length < MOST_AT_ONCE && (key === null || !keys.has(key))) batch.push(one);
      else later.push(one);
      if (key !== null) keys.add(key);
    }
    this.waiting = later;
    return batch;
  }

  /** False: it threw, and nobody was told. */
  private async answer(batch: readonly Waiting<Asked, Answer>[], tell: boolean): Promise<boolean> {
    try {
      const answers = await this.run(batch.map(({ asked }) => asked));
      if (answers.length !== batch.length) throw new Error(`${batch.length} were asked for together, and ${answers.length} were answered`);
      for (const [at, answer] of answers.entries()) batch[at]?.answer(answer);
      return true;
    } catch (error) {
      if (tell) for (const { fail } of batch) fail(error);
      return false;
    }
  }
}
