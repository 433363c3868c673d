/**
 * Bytes between the agent and a program inside a session that don't pass the engine: a named pipe in a folder that both have. The program
 * makes it, and the folder is the session's: what has the name must be a pipe, and is opened as displays are (`unfollowed`).
 */
import { close, constants, open } from "node:fs";
import { unlink } from "node:fs/promises";
import { Socket } from "node:net";
import { type Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import { unfollowed } from "./unfollowed";

const { O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
/** What waits for the program to read it, beside what the pipe itself holds. */
const HELD_BYTES = 256 * 1024;

/** Of a descriptor that a stream takes over, and closes. */
const openDescriptor = promisify(open);

export class ExecPipe {
  readonly #path: string;

  /** `inside`: where the program makes it. `path`: where that is for the agent. */
  constructor(
    readonly inside: string,
    path: string,
  ) {
    this.#path = path;
  }

  /** Once the program has made it, and before it opens it to read. Its end, or its being destroyed, is the end of what the program reads. */
  async toProgram(): Promise<Writable> {
    // With a reader of our own it opens at once: nobody else need have it open yet.
    const pipe = new Socket({ fd: await this.#open(O_RDWR), readable: false, writable: true });
    const way = new Writable({
      highWaterMark: HELD_BYTES,
      write: (chunk: Buffer, _, done) => void pipe.write(chunk, done),
      final: (done) => void pipe.destroy().once("close", () => done()),
      destroy: (error, done) => {
        pipe.destroy();
        done(error);
      },
    });
    pipe.on("error", (error) => way.destroy(error));
    return way;
  }

  /** Once the program has made it, and before it opens it to write. `begin` when it has: before, there would be an end at once. */
  async fromProgram(): Promise<{ begin(): Readable; cancel(): void }> {
    const fd = await this.#open(O_RDONLY);
    return { begin: () => new Socket({ fd, readable: true, writable: false }), cancel: () => close(fd) };
  }

  /** Its name, where the program did not come to it. */
  async remove(): Promise<void> {
    await unlink(this.#path).catch(() => undefined);
  }

  #open(how: number): Promise<number> {
    return unfollowed(this.#path, (found, through) => {
      if (!found.isFIFO()) throw new Error("There is something else in the place of a pipe; it was not opened");
      return openDescriptor(through, how | O_NONBLOCK);
    });
  }
}
