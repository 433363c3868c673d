/** A place that things pass through, and where they can be held. */
export interface Hold<T> {
  /** Resolves when the first thing is held. */
  readonly reached: Promise<T>;
  /** Lets go of what is held, and of what would be: it arrives, or it is lost. */
  end(fate: "deliver" | "lose"): void;
}

export class Gate<T> {
  readonly #holds = new Set<{ matches: (thing: T) => boolean; take: (thing: T) => Promise<boolean> }>();

  hold(matches: (thing: T) => boolean): Hold<T> {
    let arrive = (_: T) => {};
    const reached = new Promise<T>((resolve) => {
      arrive = resolve;
    });
    let letGo = (_: boolean) => {};
    const over = new Promise<boolean>((resolve) => {
      letGo = resolve;
    });
    const entry = {
      matches,
      take: (thing: T) => {
        arrive(thing);
        return over;
      },
    };
    this.#holds.add(entry);
    return {
      reached,
      end: (fate) => {
        this.#holds.delete(entry);
        letGo(fate === "deliver");
      },
    };
  }

  /** Resolves when the thing may go on; false: it is lost. */
  async pass(thing: T): Promise<boolean> {
    for (const { matches, take } of this.#holds) if (matches(thing)) return take(thing);
    return true;
  }
}
