import { NextRun } from "./next-run";

interface Shared<Answer> {
  readonly run: NextRun<Answer>;
  askers: number;
}

/**
 * One answer for all who ask the same at the same time, each of whom was let in by themselves: whoever comes while it is being made shares
 * the next, which begins after they asked. So nobody is told what was so before, and a page that a hundred look at again because something
 * changed is read a few times and not a hundred.
 */
export class SharedAnswers<Answer> {
  private readonly shared = new Map<string, Shared<Answer>>();

  /** `key`: who asks, as far as the answer depends on it, and what. Of two with the same key either may be asked to `make` it. */
  async of(key: string, make: () => Promise<Answer>): Promise<Answer> {
    const known = this.shared.get(key) ?? { run: new NextRun(make), askers: 0 };
    this.shared.set(key, known);
    known.askers += 1;
    try {
      return await known.run.ask();
    } finally {
      known.askers -= 1;
      if (known.askers === 0) this.shared.delete(key);
    }
  }
}
