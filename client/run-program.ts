import type { IncomingMessage } from "node:http";
import type { Readable, Writable } from "node:stream";
import {
  EXEC_PROTOCOL,
  EXEC_STREAM,
  type FromExec,
  fromExecSchema,
  MAX_INPUT_BYTES,
  TAKEN_EVERY,
  type TerminalSize,
  type ToExec,
  WINDOW_BYTES,
} from "@berth/protocol/terminal";
import { WebSocket } from "ws";
import { readRefusal } from "./follow-logs";
import { webSocketUrl } from "./live-socket";
import { NoAnswerError, RequestError } from "./request-error";

export interface ProgramRun {
  /** Empty: the session's shell. */
  readonly argv: readonly string[];
  /** Null: the program reads its end at once. */
  readonly stdin: Readable | null;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** One stream both ways, as a person's terminal has it; `onResize` tells of changes and returns how to stop. */
  readonly terminal: { size(): TerminalSize; onResize(changed: () => void): () => void } | null;
  readonly signal?: AbortSignal | undefined;
  /** A path with a ticket, where the token alone won't do. */
  readonly ticketPath?: string | undefined;
}

/**
 * Runs a program in a session and resolves with its exit code, once what it printed was taken by `stdout` and `stderr`. It ends with the
 * connection, and when `signal` is aborted, which resolves with 130. Throws `RequestError` where it is refused, can't be started or the connection breaks, `NoAnswerError`.
 */
export async function runProgram(url: URL, token: string | null, id: string, run: ProgramRun): Promise<number> {
  const path = run.ticketPath ?? `/api/v1/sessions/${encodeURIComponent(id)}/exec`;
  const headers = token === null || run.ticketPath ? {} : { authorization: `Bearer ${token}` };
  const socket = new WebSocket(webSocketUrl(url, path), EXEC_PROTOCOL, { headers, perMessageDeflate: false });
  const stop = () => socket.terminate();
  run.signal?.addEventListener("abort", stop, { once: true });
  try {
    await opened(socket, url);
    return await new Conversation(socket, run).ended;
  } catch (error) {
    if (run.signal?.aborted) return 130;
    throw error;
  } finally {
    run.signal?.removeEventListener("abort", stop);
    socket.terminate();
  }
}

function opened(socket: WebSocket, url: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("unexpected-response", (_request, response: IncomingMessage) => void readRefusal(response).then(reject));
    socket.on("error", (error) => reject(new NoAnswerError(url.origin, error)));
  });
}

class Conversation {
  readonly ended: Promise<number>;
  private sent = 0;
  private acknowledged = 0;
  private taken = 0;
  private told = 0;
  private exit: Extract<FromExec, { type: "exit" }> | null = null;
  /** What was printed and not taken yet. */
  private writing: Promise<void> = Promise.resolve();
  private drained: (() => void) | null = null;

  constructor(
    private readonly socket: WebSocket,
    private readonly run: ProgramRun,
  ) {
    socket.on("message", (data: Buffer, isBinary) => (isBinary ? this.print(data) : this.hear(String(data))));
    const { terminal, argv, stdin } = run;
    const stopResizing = terminal?.onResize(() => this.say({ type: "resize", ...terminal.size() }));
    this.say({ type: "start", argv: [...argv], terminal: terminal?.size() ?? null });
    if (stdin) void this.pass(stdin).catch(() => socket.terminate());
    else if (!terminal) this.say({ type: "end" });
    this.ended = new Promise((resolve, reject) => {
      socket.once("close", (code, reason) => {
        stopResizing?.();
        this.drained?.();
        this.writing.then(() => {
          const exit = this.exit;
          if (exit?.code !== undefined && exit.code !== null) return resolve(exit.code);
          const what = exit?.message ?? (String(reason) || `the connection was closed (${code})`);
          reject(new RequestError(exit?.error ?? "TUNNEL_FAILED", exit ? what : `The program was cut off: ${what}`));
        }, reject);
      });
    });
  }

  private async pass(stdin: Readable): Promise<void> {
    const chunks: AsyncIterable<unknown> = stdin;
    for await (const chunk of chunks) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      for (let at = 0; at < bytes.length; at += MAX_INPUT_BYTES) {
        while (this.sent - this.acknowledged >= WINDOW_BYTES && this.isOpen)
          await new Promise<void>((resolve) => {
            this.drained = resolve;
          });
        if (!this.isOpen) return;
        const piece = bytes.subarray(at, at + MAX_INPUT_BYTES);
        this.sent += piece.length;
        this.socket.send(Buffer.concat([Buffer.of(EXEC_STREAM.stdin), piece]), { binary: true });
      }
    }
    this.say({ type: "end" });
  }

  private print(message: Buffer): void {
    const bytes = message.subarray(1);
    const output = message[0] === EXEC_STREAM.stderr ? this.run.stderr : this.run.stdout;
    this.writing = this.writing.then(
      () =>
        new Promise((resolve) => {
          output.write(bytes, () => resolve());
        }),
    );
    void this.writing.then(() => {
      this.taken += bytes.length;
      if (this.taken - this.told < TAKEN_EVERY) return;
      this.told = this.taken;
      this.say({ type: "taken", bytes: this.taken });
    });
  }

  private hear(text: string): void {
    const words = fromExecSchema.safeParse(JSON.parse(text)).data;
    if (words?.type === "exit") this.exit = words;
    if (words?.type !== "taken") return;
    this.acknowledged = words.bytes;
    this.drained?.();
  }

  private say(words: ToExec): void {
    if (this.isOpen) this.socket.send(JSON.stringify(words));
  }

  private get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }
}
