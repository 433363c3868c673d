import {
  type FromTerminal,
  fromTerminalSchema,
  MAX_INPUT_BYTES,
  TAKEN_EVERY,
  TERMINAL_PROTOCOL,
  type TerminalSize,
  type ToTerminal,
  WINDOW_BYTES,
} from "@berth/protocol/terminal";
import { readFailure } from "../../errors/read-failure";

export type TerminalState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  /** It was open, or could not be reached for now: tried again by itself. */
  | { readonly kind: "waiting"; readonly why: string }
  | { readonly kind: "ended"; readonly why: string };

export interface TerminalScreen {
  /** Calls `taken` when it was drawn. */
  write(bytes: Uint8Array, taken: () => void): void;
  /** What comes next is what there was; what the screen answers to it until `after` is not input. */
  begin(): void;
  after(): void;
}

export interface ConnectionParts {
  /** A path with a ticket. */
  readonly ticket: () => Promise<string>;
  /** Whether the terminal is still there. */
  readonly isThere: () => Promise<boolean>;
  readonly screen: TerminalScreen;
  readonly onState: (state: TerminalState) => void;
}

const AGAIN_MS = [500, 1000, 2000, 4000, 8000] as const;
/** Typed or pasted, and not sent yet; beyond it no more is taken. */
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
/** What trying again changes. */
const PASSING = new Set([
  "OFFLINE",
  "AGENT_OFFLINE",
  "TUNNEL_TIMEOUT",
  "TUNNEL_FAILED",
  "SERVICE_UNAVAILABLE",
  "RATE_LIMIT_EXCEEDED",
  "INTERNAL_ERROR",
]);

/** One terminal's WebSocket, opened again whenever it breaks, for as long as the terminal is there. */
export class TerminalConnection {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempts = 0;
  private over = false;
  private size: TerminalSize | null = null;
  private queue: Uint8Array[] = [];
  private queued = 0;
  private sent = 0;
  private acknowledged = 0;
  private taken = 0;
  private told = 0;
  private exit: string | null = null;

  constructor(private readonly parts: ConnectionParts) {
    void this.connect();
  }

  close(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  /** False: too much waits already, and it was not taken. */
  type(bytes: Uint8Array): boolean {
    if (this.queued + bytes.length > MAX_QUEUED_BYTES) return false;
    for (let at = 0; at < bytes.length; at += MAX_INPUT_BYTES) this.queue.push(bytes.subarray(at, at + MAX_INPUT_BYTES));
    this.queued += bytes.length;
    this.drain();
    return true;
  }

  resize(size: TerminalSize): void {
    this.size = size;
    this.say({ type: "resize", ...size });
  }

  private async connect(): Promise<void> {
    if (this.attempts === 0) this.parts.onState({ kind: "connecting" });
    try {
      const path = await this.parts.ticket();
      if (!this.over) this.open(path);
    } catch (error) {
      const { code, message } = readFailure(error);
      if (this.over) return;
      if (PASSING.has(code)) this.again(message);
      else this.end(message);
    }
  }

  private open(path: string): void {
    const { protocol, host } = window.location;
    const socket = new WebSocket(`${protocol === "https:" ? "wss" : "ws"}://${host}${path}`, TERMINAL_PROTOCOL);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.sent = 0;
    this.acknowledged = 0;
    this.taken = 0;
    this.told = 0;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.attempts = 0;
      this.parts.onState({ kind: "open" });
      if (this.size) this.say({ type: "resize", ...this.size });
      this.drain();
    };
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.show(socket, new Uint8Array(data));
      else this.hear(String(data));
    };
    socket.onclose = () => {
      if (this.over || this.socket !== socket) return;
      this.socket = null;
      if (this.exit !== null) return this.end(this.exit);
      void this.lost(opened);
    };
  }

  /** A browser doesn't tell why a WebSocket was refused. */
  private async lost(wasOpen: boolean): Promise<void> {
    if (wasOpen) this.parts.onState({ kind: "waiting", why: "The connection broke" });
    const there = await this.parts.isThere().catch(() => true);
    if (this.over) return;
    if (there) this.again("The connection broke");
    else this.end("The shell has ended");
  }

  private again(why: string): void {
    this.parts.onState({ kind: "waiting", why });
    const wait = AGAIN_MS[Math.min(this.attempts, AGAIN_MS.length - 1)] ?? 8000;
    this.attempts++;
    this.timer = setTimeout(() => void this.connect(), wait);
  }

  private end(why: string): void {
    this.over = true;
    this.parts.onState({ kind: "ended", why });
  }

  private show(socket: WebSocket, bytes: Uint8Array): void {
    this.parts.screen.write(bytes, () => {
      if (this.socket !== socket) return;
      this.taken += bytes.length;
      if (this.taken - this.told < TAKEN_EVERY) return;
      this.told = this.taken;
      this.say({ type: "taken", bytes: this.taken });
    });
  }

  private hear(text: string): void {
    const words = readWords(text);
    switch (words?.type) {
      case "replay_begin":
        return this.parts.screen.begin();
      case "replay_end":
        return this.parts.screen.after();
      case "taken":
        this.acknowledged = words.bytes;
        return this.drain();
      case "exit":
        this.exit = words.message ?? (words.code === 0 ? "The shell has ended" : `The shell has ended with code ${words.code}`);
    }
  }

  private drain(): void {
    const { socket } = this;
    if (socket?.readyState !== WebSocket.OPEN) return;
    while (this.sent - this.acknowledged < WINDOW_BYTES) {
      const piece = this.queue.shift();
      if (!piece) return;
      this.queued -= piece.length;
      this.sent += piece.length;
      socket.send(Uint8Array.from(piece));
    }
  }

  private say(words: ToTerminal): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(words));
  }
}

function readWords(text: string): FromTerminal | null {
  try {
    return fromTerminalSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
