import type { Duplex } from "node:stream";

/**
 * Watches a browser's socket while nothing is answered yet: a socket that isn't read tells nothing of its end. What comes early is kept
 * (one chunk; then reading stops) and given back by `release`.
 */
export class WaitingSocket {
  private readonly controller = new AbortController();
  private early: Buffer;

  constructor(
    private readonly socket: Duplex,
    head: Buffer,
  ) {
    this.early = head;
    // Stays: a socket without a listener for errors would end the process with its own.
    socket.on("error", this.gone);
    socket.on("data", this.keep).on("end", this.gone).on("close", this.gone);
    if (socket.destroyed) this.gone();
  }

  /** Aborts when the browser has gone, or `cancel` was called. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  cancel(): void {
    this.controller.abort();
  }

  /** Stops watching. The socket is paused and starts with what came early. */
  release(): void {
    this.socket.pause();
    this.socket.off("data", this.keep).off("end", this.gone).off("close", this.gone);
    if (this.early.length > 0 && !this.signal.aborted) this.socket.unshift(this.early);
    this.early = Buffer.alloc(0);
  }

  private readonly keep = (chunk: Buffer): void => {
    this.early = Buffer.concat([this.early, chunk]);
    this.socket.pause();
  };

  private readonly gone = (): void => this.controller.abort();
}
