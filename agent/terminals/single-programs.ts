/** Single programs in sessions, each as long as its WebSocket (`exec`, see `@berth/protocol/terminal`). */
import type { Readable } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import {
  EXEC_PATH,
  EXEC_PROTOCOL,
  EXEC_STREAM,
  type ExecStart,
  type FromExec,
  MAX_PROGRAMS,
  type ToExec,
  toExecSchema,
  WINDOW_BYTES,
} from "@berth/protocol/terminal";
import type { WebSocket } from "ws";
import type { Clock } from "../clock";
import type { Exec, SessionDriver } from "../drivers/driver";
import type { ApiPart } from "../http/api-routes";
import { ReceivedFlow, SentFlow } from "./flow";
import { bytesOf, closeWith, MessageSockets, readWords } from "./message-socket";
import { endProgram, exitOf } from "./program-end";
import { shellCommand, terminalEnvironment } from "./shell-command";

export interface SingleProgramsOptions {
  readonly driver: Pick<SessionDriver, "exec">;
  readonly clock: Clock;
  onInput(sessionId: string): void;
}

export class SinglePrograms implements ApiPart {
  readonly routes: ApiPart["routes"] = [];
  readonly upgrades: ApiPart["upgrades"];

  readonly #running = new Map<string, number>();

  constructor(options: SingleProgramsOptions) {
    const sockets = new MessageSockets(EXEC_PROTOCOL, options.clock);
    this.upgrades = [
      {
        path: EXEC_PATH,
        open: async (call, socket, head) => {
          const running = this.#running.get(call.sessionId) ?? 0;
          if (running >= MAX_PROGRAMS)
            throw new BerthError("TERMINAL_LIMIT", `${MAX_PROGRAMS} programs run in this session already; wait until one has ended`);
          const webSocket = await sockets.accept(call, socket, head);
          this.#count(call.sessionId, 1);
          webSocket.once("close", () => this.#count(call.sessionId, -1));
          new SingleProgram(options, call.sessionId, webSocket);
        },
      },
    ];
  }

  #count(sessionId: string, by: 1 | -1): void {
    const now = (this.#running.get(sessionId) ?? 0) + by;
    if (now > 0) this.#running.set(sessionId, now);
    else this.#running.delete(sessionId);
  }
}

class SingleProgram {
  readonly #options: SingleProgramsOptions;
  readonly #sessionId: string;
  readonly #webSocket: WebSocket;
  readonly #sent = new SentFlow();
  readonly #input: ReceivedFlow;
  #asked = false;
  #exec: Exec | null = null;
  /** Said before the program ran. */
  #waiting: (() => void)[] = [];
  #ended = false;

  constructor(options: SingleProgramsOptions, sessionId: string, webSocket: WebSocket) {
    this.#options = options;
    this.#sessionId = sessionId;
    this.#webSocket = webSocket;
    this.#input = new ReceivedFlow((bytes) => this.#say({ type: "taken", bytes }));
    webSocket.on("message", (data, isBinary) => {
      if (isBinary) return this.#write(bytesOf(data));
      const words = readWords(data, toExecSchema);
      if (!words) return this.#refuse(1007, "not a message of this protocol");
      this.#hear(words);
    });
    webSocket.once("close", () => {
      if (this.#exec && !this.#ended) void endProgram(this.#exec, options.clock);
    });
  }

  #hear(words: ToExec): void {
    switch (words.type) {
      case "start":
        if (this.#asked) return this.#refuse(1008, "one program each");
        this.#asked = true;
        return void this.#start(words).catch((error: unknown) => this.#end(exitOf(error)));
      case "taken":
        this.#sent.taken(words.bytes);
        return this.#flow();
      case "resize":
        return this.#withProgram((exec) => void exec.resize(words.columns, words.rows));
      case "end":
        return this.#withProgram((exec) => void exec.stdin.end());
    }
  }

  async #start({ argv, terminal }: ExecStart): Promise<void> {
    const exec = await this.#options.driver.exec({
      sessionId: this.#sessionId,
      argv: argv.length > 0 ? argv : shellCommand,
      ...(terminal ? { env: terminalEnvironment } : {}),
      terminal,
    });
    this.#exec = exec;
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return void endProgram(exec, this.#options.clock);
    exec.stdin.on("error", () => undefined);
    for (const write of this.#waiting.splice(0)) write();
    const read = [this.#send(exec.stdout, EXEC_STREAM.stdout), exec.stderr ? this.#send(exec.stderr, EXEC_STREAM.stderr) : null];
    const code = await exec.exit;
    await Promise.all(read);
    this.#end({ code });
  }

  #write(message: Buffer): void {
    const bytes = message.subarray(1);
    if (message[0] !== EXEC_STREAM.stdin) return this.#refuse(1007, "input is of stream 0");
    this.#input.received(bytes.length);
    if (this.#input.isBroken) return this.#refuse(1009, "more was sent than is read");
    this.#options.onInput(this.#sessionId);
    this.#withProgram(({ stdin }) => {
      // To a program that reads no more it is as good as taken.
      if (stdin.writableEnded || stdin.destroyed) return this.#input.taken(bytes.length);
      stdin.write(bytes, () => this.#input.taken(bytes.length));
    });
  }

  #withProgram(act: (exec: Exec) => void): void {
    const exec = this.#exec;
    if (exec) act(exec);
    else this.#waiting.push(() => this.#exec && act(this.#exec));
  }

  /** Resolves when all of it was sent. */
  #send(output: Readable, stream: number): Promise<void> {
    output.on("data", (chunk: Buffer) => {
      if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
      this.#sent.sent(chunk.length);
      this.#webSocket.send(Buffer.concat([Buffer.of(stream), chunk]), { binary: true });
      this.#flow();
    });
    return new Promise((resolve) =>
      output
        .once("close", resolve)
        .once("end", resolve)
        .once("error", () => resolve()),
    );
  }

  #flow(): void {
    const held =
      this.#webSocket.readyState === this.#webSocket.OPEN && (this.#sent.isFull || this.#webSocket.bufferedAmount > 2 * WINDOW_BYTES);
    for (const output of [this.#exec?.stdout, this.#exec?.stderr]) {
      if (held) output?.pause();
      else if (output?.isPaused()) output.resume();
    }
  }

  #say(words: FromExec): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.send(JSON.stringify(words));
  }

  #end(how: Omit<Extract<FromExec, { type: "exit" }>, "type">): void {
    this.#ended = true;
    this.#say({ type: "exit", ...how });
    closeWith(this.#webSocket, this.#options.clock, 1000, "the program has ended");
  }

  #refuse(code: number, reason: string): void {
    closeWith(this.#webSocket, this.#options.clock, code, reason);
  }
}
