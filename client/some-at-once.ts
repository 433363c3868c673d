/** As many as the threads that Node has for files can have in hand, and as many that wait for one. */
const AT_ONCE = 8;

/** What the jobs come to, in their order: some are begun before they are asked for. */
export async function* inOrder<Result>(jobs: Iterable<() => Promise<Result>>): AsyncGenerator<Result> {
  const begun: Array<Promise<Result>> = [];
  for (const job of jobs) {
    const one = job();
    // Whoever comes to it is told.
    one.catch(() => undefined);
    begun.push(one);
    if (begun.length < AT_ONCE) continue;
    const first = begun.shift();
    if (first) yield await first;
  }
  for (const one of begun) yield await one;
}

/** Jobs of which some go on while the next is prepared; never two of the same name. */
export class SomeAtOnce {
  readonly #begun = new Map<string, Promise<unknown>>();
  #fault: { readonly error: unknown } | null = null;

  /** Resolves when there is room for another. Rejects with what an earlier one failed with. */
  async begin(name: string, job: () => Promise<void>): Promise<void> {
    await this.#begun.get(name);
    if (this.#begun.size >= AT_ONCE) await Promise.race(this.#begun.values());
    if (this.#fault) throw this.#fault.error;
    const one = job()
      .catch((error: unknown) => {
        this.#fault ??= { error };
      })
      .finally(() => this.#begun.delete(name));
    this.#begun.set(name, one);
  }

  /** Resolves when none goes on any more. */
  async end(): Promise<void> {
    await Promise.all(this.#begun.values());
  }

  /** Rejects with what one failed with. */
  async done(): Promise<void> {
    await this.end();
    if (this.#fault) throw this.#fault.error;
  }
}
