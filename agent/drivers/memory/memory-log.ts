import type { LogLine } from "@berth/protocol/tunnel";

const MAX_LINES = 5000;

/** What a container in memory printed: the last lines of it, and whoever follows. */
export class MemoryLog {
  #lines: LogLine[] = [];
  /** Lines that were dropped from the beginning. */
  #dropped = 0;
  #ended = false;
  readonly #waiting = new Set<() => void>();

  print(text: string): void {
    if (this.#ended) return;
    const at = new Date().toISOString();
    for (const line of text.split("\n")) this.#lines.push({ at, text: line });
    const over = this.#lines.length - MAX_LINES;
    if (over > 0) {
      this.#lines.splice(0, over);
      this.#dropped += over;
    }
    this.#wake();
  }

  /** The container has ended: nothing more comes. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Whoever reads too slowly misses what is dropped meanwhile. */
  async *read({ tail, follow }: { tail: number; follow: boolean }, signal: AbortSignal): AsyncGenerator<LogLine> {
    let next = this.#dropped + Math.max(0, this.#lines.length - tail);
    const until = follow ? Number.POSITIVE_INFINITY : this.#dropped + this.#lines.length;
    while (!signal.aborted && next < until) {
      const line = this.#lines[Math.max(next, this.#dropped) - this.#dropped];
      if (line) {
        next = Math.max(next, this.#dropped) + 1;
        yield line;
      } else if (this.#ended) return;
      else await this.#more(signal);
    }
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", done);
    });
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }
}
