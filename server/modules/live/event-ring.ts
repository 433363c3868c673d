export interface Numbered<T> {
  readonly id: string;
  readonly value: T;
}

/** The last values with ids `<epoch>-<sequence>`: what came after an id can be told while that id is still here. */
export class EventRing<T> {
  private readonly values: Numbered<T>[] = [];
  private sequence = 0;

  constructor(
    private readonly epoch: string,
    private readonly size: number,
  ) {}

  get lastId(): string {
    return `${this.epoch}-${this.sequence}`;
  }

  add(value: T): Numbered<T> {
    this.sequence += 1;
    const numbered = { id: this.lastId, value };
    this.values.push(numbered);
    if (this.values.length > this.size) this.values.shift();
    return numbered;
  }

  /** Null: the id is of another process, or so old that something after it is gone. */
  after(id: string): readonly Numbered<T>[] | null {
    const match = /^(.+)-(\d{1,15})$/.exec(id);
    if (!match || match[1] !== this.epoch) return null;
    const behind = this.sequence - Number(match[2]);
    if (behind < 0 || behind > this.values.length) return null;
    return behind === 0 ? [] : this.values.slice(-behind);
  }
}
