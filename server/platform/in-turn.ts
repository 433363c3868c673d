/**
 * Work of one process that has to be done one after the other anyway, because all of it waits for the same lock: begun in turn, so that none
 * holds a connection, or uses up its transaction's time, while it waits for those before it.
 */
export class InTurn {
  private last: Promise<unknown> = Promise.resolve();

  run<Value>(work: () => Promise<Value>): Promise<Value> {
    const mine = this.last.then(work);
    this.last = mine.catch(() => {});
    return mine;
  }
}
