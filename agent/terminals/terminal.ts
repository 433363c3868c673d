/** One terminal: a shell in a session, what it printed last, and who is attached to it. */
import {
  type FromTerminal,
  SCROLLBACK_BYTES,
  type Terminal as SeenTerminal,
  type TerminalSize,
  toTerminalSchema,
} from "@berth/protocol/terminal";
import type { WebSocket } from "ws";
import type { Clock, Timer } from "../clock";
import type { Exec } from "../drivers/driver";
import { bytesOf, closeWith, readWords } from "./message-socket";
import { endProgram, exitOf } from "./program-end";
import { Scrollback } from "./scrollback";
import { TerminalViewer } from "./terminal-viewer";

/** A shell that is held up by viewers of whom none takes anything goes on without them. */
const STALLED_MS = 10_000;

type Exit = Omit<Extract<FromTerminal, { type: "exit" }>, "type">;

export interface TerminalOptions {
  readonly id: string;
  readonly exec: Exec;
  readonly clock: Clock;
  /** Someone typed. */
  onInput(): void;
  /** Nobody is attached any more, or somebody is again. */
  onAttached(count: number): void;
  onEnd(): void;
}

export class Terminal {
  readonly #options: TerminalOptions;
  readonly #startedAt: Date;
  readonly #scrollback = new Scrollback(SCROLLBACK_BYTES);
  readonly #viewers = new Set<TerminalViewer>();
  #stalled: Timer | null = null;
  #size: TerminalSize | null = null;
  #resizing = false;
  /** Nothing holds up its last words. */
  #ending = false;
  #ended = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    const { exec } = options;
    exec.stdout.on("data", (chunk: Buffer) => this.#print(chunk));
    exec.stdout.on("error", () => undefined);
    exec.stdin.on("error", () => undefined);
    exec.exit.then(
      (code) => this.#readOut({ code }),
      (error: unknown) => this.#readOut(exitOf(error)),
    );
  }

  get seen(): SeenTerminal {
    return { id: this.#options.id, startedAt: this.#startedAt.toISOString(), attached: this.#viewers.size };
  }

  attach(webSocket: WebSocket): void {
    if (this.#ended) return closeWith(webSocket, this.#options.clock, 1000, "the shell has ended");
    const { exec, clock } = this.#options;
    const viewer = new TerminalViewer(webSocket);
    this.#viewers.add(viewer);
    this.#options.onAttached(this.#viewers.size);
    viewer.replay(this.#scrollback.read());
    webSocket.on("message", (data, isBinary) => {
      if (!isBinary) return this.#hear(viewer, readWords(data, toTerminalSchema), webSocket);
      const bytes = bytesOf(data);
      if (!viewer.receives(bytes.length)) return closeWith(webSocket, clock, 1009, "more was typed than is read");
      this.#options.onInput();
      this.#lead(viewer);
      exec.stdin.write(bytes, () => viewer.took(bytes.length));
    });
    webSocket.once("close", () => {
      this.#viewers.delete(viewer);
      if (this.#ended) return;
      this.#options.onAttached(this.#viewers.size);
      this.#flow();
    });
    this.#flow();
  }

  /** Hangs up; what does not end by that is killed. */
  end(): Promise<void> {
    this.#ending = true;
    return endProgram(this.#options.exec, this.#options.clock);
  }

  /** Cuts off who is attached; the shell is left to itself. */
  detachAll(reason: string): void {
    for (const viewer of this.#viewers) viewer.close(this.#options.clock, 1012, reason);
  }

  #hear(viewer: TerminalViewer, words: ReturnType<typeof toTerminalSchema.parse> | null, webSocket: WebSocket): void {
    if (!words) return closeWith(webSocket, this.#options.clock, 1007, "not a message of this protocol");
    if (words.type === "resize") {
      viewer.size = { columns: words.columns, rows: words.rows };
      // Of several it is as large as the window used last; resizing is using.
      return this.#lead(viewer);
    }
    viewer.taken(words.bytes, () => this.#scrollback.read());
    this.#flow();
  }

  #lead(viewer: TerminalViewer): void {
    if (viewer.size) this.#resize(viewer.size);
  }

  /** One after the other, the last one last: an engine may overtake itself. */
  #resize(size: TerminalSize): void {
    if (size.columns === this.#size?.columns && size.rows === this.#size.rows) return;
    this.#size = size;
    if (this.#resizing) return;
    this.#resizing = true;
    void this.#options.exec.resize(size.columns, size.rows).finally(() => {
      this.#resizing = false;
      const wanted = this.#size;
      if (!wanted || wanted === size) return;
      this.#size = null;
      this.#resize(wanted);
    });
  }

  #print(chunk: Buffer): void {
    this.#scrollback.push(chunk);
    for (const viewer of this.#viewers) viewer.show(chunk);
    this.#flow();
  }

  /** The shell waits while all who are attached are behind, and not long for those who take nothing at all. */
  #flow(): void {
    const { exec, clock } = this.#options;
    const held = !this.#ending && this.#viewers.size > 0 && [...this.#viewers].every((viewer) => viewer.isBehind);
    if (!held) {
      this.#stalled?.cancel();
      this.#stalled = null;
      if (exec.stdout.isPaused()) exec.stdout.resume();
      return;
    }
    exec.stdout.pause();
    if (this.#stalled) return;
    const before = this.#takenByAll();
    this.#stalled = clock.after(STALLED_MS, () => {
      this.#stalled = null;
      if (this.#takenByAll() === before) for (const viewer of this.#viewers) viewer.cut();
      else this.#flow();
    });
  }

  #takenByAll(): number {
    return [...this.#viewers].reduce((sum, viewer) => sum + viewer.untaken, 0);
  }

  /** What it printed last may still be on the way. */
  #readOut(how: Exit): void {
    const { stdout } = this.#options.exec;
    this.#ending = true;
    if (stdout.readableEnded || stdout.destroyed) return this.#end(how);
    stdout.once("close", () => this.#end(how));
    stdout.resume();
  }

  #end(how: Exit): void {
    this.#ended = true;
    this.#stalled?.cancel();
    for (const viewer of this.#viewers) {
      viewer.say({ type: "exit", ...how });
      viewer.close(this.#options.clock, 1000, "the shell has ended");
    }
    this.#options.onEnd();
  }
}
