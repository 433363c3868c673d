import type { LogLine } from "@berth/protocol/tunnel";
import type { LogRequest } from "../driver";
import { isWanted } from "../wanted-lines";

const MAX_LINES = 5000;

/** What a container in memory printed: the last lines of it, and whoever follows. */
export class MemoryLog {
  #lines: LogLine[] = [];
  /** Lines that were dropped from the beginning. */
  #dropped = 0;
  #ended = false;
  readonly #waiting = new Set<() => void>();

  print(text: string, stream: "stdout" | "stderr" | "berth" = "stdout"): void {
    if (this.#ended) return;
    const at = new Date().toISOString();
    for (const line of text.split("\n")) this.#lines.push({ at, text: line, stream });
    const over = this.#lines.length - MAX_LINES;
    if (over > 0) {
      this.#lines.splice(0, over);
      this.#dropped += over;
    }
    this.#wake();
  }

  /** What is kept of it when its container is removed. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** The container has ended: nothing more comes. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Whoever reads too slowly misses what is dropped meanwhile. */
  async *read({ tail, follow, since, stream }: Omit<LogRequest, "sessionId">, signal: AbortSignal): AsyncGenerator<LogLine> {
    const wanted = isWanted({ since, stream });
    const skipped = Math.max(0, this.#lines.filter(wanted).length - tail);
    let passed = 0;
    let next =
      this.#dropped +
      Math.max(
        0,
        this.#lines.findIndex((line) => wanted(line) && passed++ === skipped),
      );
    if (tail === 0 || passed <= skipped) next = this.#dropped + this.#lines.length;
    const until = follow ? Number.POSITIVE_INFINITY : this.#dropped + this.#lines.length;
    while (!signal.aborted && next < until) {
      const line = this.#lines[Math.max(next, this.#dropped) - this.#dropped];
      if (line) {
        next = Math.max(next, this.#dropped) + 1;
        if (wanted(line)) yield line;
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

/** What ended containers printed, then what this one did. */
export async function* linesOf(
  kept: readonly LogLine[],
  now: MemoryLog | undefined,
  { sessionId: _, ...request }: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const wanted = isWanted(request);
  const newer = now?.lines.filter(wanted).length ?? 0;
  const left = Math.max(0, request.tail - newer);
  if (left > 0) yield* kept.filter(wanted).slice(-left);
  if (now) yield* now.read(request, signal);
}
