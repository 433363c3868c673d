import { once } from "node:events";
import {
  EXEC_STREAM,
  type FromExec,
  type FromTerminal,
  fromExecSchema,
  fromTerminalSchema,
  type ToExec,
  type ToTerminal,
} from "@berth/protocol/terminal";
import { expect } from "vitest";
import type { WebSocket } from "ws";

/** Whoever sits at a terminal, as a test sees it: what it showed, and what was said beside. */
export class TerminalClient {
  readonly words: FromTerminal[] = [];
  /** Since it was attached, or since the last replay began. */
  shown = "";
  bytes = 0;
  closed: { code: number; reason: string } | null = null;
  /** False: takes nothing, as far as the other side can tell. */
  takes = true;

  constructor(readonly webSocket: WebSocket) {
    webSocket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) {
        this.bytes += data.length;
        this.shown += data.toString("latin1");
        if (this.takes) this.say({ type: "taken", bytes: this.bytes });
        return;
      }
      const words = fromTerminalSchema.parse(JSON.parse(String(data)));
      if (words.type === "replay_begin") this.shown = "";
      this.words.push(words);
    });
    webSocket.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    webSocket.on("error", () => undefined);
  }

  static async open(webSocket: WebSocket): Promise<TerminalClient> {
    const client = new TerminalClient(webSocket);
    await once(webSocket, "open");
    return client;
  }

  type(text: string): void {
    this.webSocket.send(Buffer.from(text));
  }

  say(words: ToTerminal): void {
    if (this.webSocket.readyState === this.webSocket.OPEN) this.webSocket.send(JSON.stringify(words));
  }

  async shows(text: string | RegExp): Promise<void> {
    // Its end is what a failure shows.
    const found = () => (new RegExp(text).test(this.shown) ? text : this.shown.slice(-500));
    await expect.poll(found, { timeout: 8000 }).toBe(text);
  }

  async says(type: FromTerminal["type"]): Promise<void> {
    await expect.poll(() => this.words.map((words) => words.type), { timeout: 15_000 }).toContain(type);
  }
}

/** Runs one program by a WebSocket and resolves with all that came of it. */
export async function runProgram(webSocket: WebSocket, start: Omit<Extract<ToExec, { type: "start" }>, "type">, input: string | null = "") {
  const streams: Record<number, Buffer[]> = { [EXEC_STREAM.stdout]: [], [EXEC_STREAM.stderr]: [] };
  const words: FromExec[] = [];
  const say = (message: ToExec) => webSocket.send(JSON.stringify(message));
  let bytes = 0;
  webSocket.on("message", (data: Buffer, isBinary) => {
    if (!isBinary) return void words.push(fromExecSchema.parse(JSON.parse(String(data))));
    bytes += data.length - 1;
    streams[data[0] ?? 0]?.push(data.subarray(1));
    say({ type: "taken", bytes });
  });
  await once(webSocket, "open");
  say({ type: "start", ...start });
  if (input !== null) {
    if (input !== "") webSocket.send(Buffer.concat([Buffer.of(EXEC_STREAM.stdin), Buffer.from(input)]));
    if (start.terminal === null) say({ type: "end" });
  }
  const [code] = await once(webSocket, "close");
  const text = (stream: number) => Buffer.concat(streams[stream] ?? []).toString();
  return {
    out: text(EXEC_STREAM.stdout),
    err: text(EXEC_STREAM.stderr),
    exit: words.find((word) => word.type === "exit"),
    code: Number(code),
  };
}
