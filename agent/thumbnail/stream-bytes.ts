import type { Readable } from "node:stream";

/** Hands out exact numbers of bytes of a stream, which is read no further than it is asked for. */
export class StreamBytes {
  readonly #chunks: AsyncIterator<unknown>;
  #left: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Rejects where the stream ends before them, or with what it was destroyed with. */
  async read(count: number): Promise<Buffer> {
    const parts: Buffer[] = [this.#left];
    let has = this.#left.length;
    while (has < count) {
      const { value, done } = await this.#chunks.next();
      if (done || !Buffer.isBuffer(value)) throw new Error(`the display ended ${count - has} bytes early`);
      parts.push(value);
      has += value.length;
    }
    const all = parts.length > 1 ? Buffer.concat(parts) : this.#left;
    this.#left = all.subarray(count);
    return all.subarray(0, count);
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0; left -= Math.min(left, 16_384)) await this.read(Math.min(left, 16_384));
  }
}
