import { Readable } from "node:stream";

const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Takes apart what the engine sends of a program without a terminal: frames of eight bytes (which stream, and how long) and what was
 * written. Whoever doesn't read one of the two holds up the other, and in the end the program.
 */
export class ExecFrames {
  readonly stdout: Readable;
  readonly stderr: Readable;
  #header: Buffer = Buffer.alloc(0);
  /** Of the frame that is being read. */
  #left = 0;
  #into: Readable;
  readonly #full = new Set<Readable>();

  /** `more` is called when there is room again after `push` said that there is none. */
  constructor(more: () => void) {
    const side = (): Readable => {
      const stream = new Readable({
        highWaterMark: 256 * 1024,
        read: () => {
          if (this.#full.delete(stream) && this.#full.size === 0) more();
        },
      });
      return stream;
    };
    this.stdout = side();
    this.stderr = side();
    this.#into = this.stdout;
  }

  /** False: hold on until `more`. */
  push(chunk: Buffer): boolean {
    let rest = this.#header.length > 0 ? Buffer.concat([this.#header, chunk]) : chunk;
    this.#header = Buffer.alloc(0);
    while (rest.length > 0) {
      if (this.#left === 0) {
        if (rest.length < HEADER_BYTES) {
          this.#header = rest;
          break;
        }
        this.#into = rest[0] === STDERR ? this.stderr : this.stdout;
        this.#left = rest.readUInt32BE(4);
        rest = rest.subarray(HEADER_BYTES);
        continue;
      }
      const part = rest.subarray(0, this.#left);
      this.#left -= part.length;
      rest = rest.subarray(part.length);
      if (!this.#into.push(part)) this.#full.add(this.#into);
    }
    return this.#full.size === 0;
  }

  end(): void {
    this.stdout.push(null);
    this.stderr.push(null);
  }

  destroy(error: Error): void {
    this.stdout.destroy(error);
    this.stderr.destroy(error);
  }
}
