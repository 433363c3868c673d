/** `GET watch`: changes in a session's folders, a line of JSON each time. `POST reload`: its program is asked to read its configuration again. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { BerthError } from "@berth/protocol/errors";
import { ACCESS_HEADER } from "@berth/protocol/session-files";
import {
  MAX_CHANGES,
  type reloadAnswerSchema,
  reloadRequestSchema,
  WATCH_LINE_EVERY_MS,
  type WatchLine,
} from "@berth/protocol/session-watch";
import type { z } from "zod";
import type { Clock } from "../clock";
import type { SessionDriver } from "../drivers/driver";
import { rootsText } from "../files/file-path";
import { accessOf } from "../files/files-api";
import { answerOf, runScript, type ScriptRun } from "../files/run-script";
import { SIGNAL_NAMED, WATCH } from "../files/scripts";
import type { ApiCall, ApiPart } from "../http/api-routes";
import { changesBetween, type Look, printOf, readLook } from "./folder-looks";

/** Names and facts of ten thousand files, as a rule. */
const MAX_LOOK_BYTES = 2 * 1024 * 1024;
export const LOOK_EVERY_MS = 2000;
/** A look that takes long is not taken often: of a session's time it gets a tenth. */
const REST_FACTOR = 10;
const MAX_BODY_BYTES = 4 * 1024;

export interface WatchPartOptions {
  readonly driver: Pick<SessionDriver, "exec" | "signal">;
  readonly clock: Clock;
}

export const watchPart = (options: WatchPartOptions): ApiPart => ({
  routes: [
    { method: "GET", path: "watch", answer: (call, response) => watch(options, call, response) },
    { method: "POST", path: "reload", answer: (call, response) => reload(options, call, response) },
  ],
  upgrades: [],
});

async function watch({ driver, clock }: WatchPartOptions, { request, sessionId, signal }: ApiCall, response: ServerResponse) {
  const access = accessOf(request.headers[ACCESS_HEADER]);
  const mark = randomUUID();
  const args = [rootsText(access.writable), rootsText(access.readable), String(MAX_LOOK_BYTES), mark];
  const run = await runScript(driver, { sessionId, signal, script: WATCH, args, path: "the session's folders" });
  try {
    const looks = new Looks(run, mark);
    let before = await looks.next();
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    await say(response, lineOf([], before));
    let saidAt = clock.now().getTime();
    let rest = LOOK_EVERY_MS;
    while (!signal.aborted) {
      await pause(clock, rest, signal);
      if (signal.aborted) break;
      const began = clock.now().getTime();
      const after = await looks.next();
      const now = clock.now().getTime();
      rest = Math.max(LOOK_EVERY_MS, REST_FACTOR * (now - began));
      const changes = changesBetween(before, after);
      before = after;
      if (changes.length === 0 && now - saidAt < WATCH_LINE_EVERY_MS) continue;
      await say(response, lineOf(changes, after));
      saidAt = now;
    }
    response.end();
  } finally {
    void run.end();
  }
}

const lineOf = (changes: WatchLine["changes"], look: Look): WatchLine => ({
  changes: changes.slice(0, MAX_CHANGES),
  more: Math.max(0, changes.length - MAX_CHANGES),
  cut: look.cut,
  print: printOf(look),
});

/** Who reads slowly is told what changed since what they read last: no look is taken meanwhile. */
async function say(response: ServerResponse, line: WatchLine): Promise<void> {
  if (response.write(`${JSON.stringify(line)}\n`) || response.destroyed) return;
  await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
}

const pause = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = clock.after(ms, over);
    signal.addEventListener("abort", over);
  });

/** One script for all looks: it looks when it is told to. */
class Looks {
  readonly #run: ScriptRun;
  readonly #mark: Buffer;
  readonly #chunks: AsyncIterator<unknown>;
  #said: Buffer = Buffer.alloc(0);

  constructor(run: ScriptRun, mark: string) {
    this.#run = run;
    this.#mark = Buffer.from(`\0${mark}\0`);
    this.#chunks = run.stdout[Symbol.asyncIterator]();
  }

  /** Throws SESSION_NOT_RUNNING where the container ended. */
  async next(): Promise<Look> {
    this.#run.stdin.write("\n");
    for (;;) {
      const end = this.#said.indexOf(this.#mark);
      if (end >= 0) {
        // The mark's own NUL ends what was said last.
        const look = readLook(this.#said.subarray(0, end), MAX_LOOK_BYTES);
        this.#said = this.#said.subarray(end + this.#mark.length);
        return look;
      }
      const { value, done } = await this.#chunks.next();
      if (done) {
        await this.#run.done;
        throw new BerthError("SESSION_NOT_RUNNING", "The session ended while its folders were watched");
      }
      if (Buffer.isBuffer(value)) this.#said = Buffer.concat([this.#said, value]);
    }
  }
}

async function reload({ driver }: WatchPartOptions, { request, sessionId, signal }: ApiCall, response: ServerResponse) {
  const asked = reloadRequestSchema.safeParse(await bodyOf(request));
  if (!asked.success) throw new BerthError("INVALID_PARAMETER", "A reload names a signal, and a process or null");
  const { signal: name, process } = asked.data;
  let signalled = 1;
  if (process === null) await driver.signal(sessionId, name);
  else {
    const said = await answerOf(driver, { sessionId, signal, script: SIGNAL_NAMED, args: ["", "", name, process], path: process });
    signalled = Number(said.toString("latin1").trim());
    if (!(signalled > 0))
      throw new BerthError("SESSION_LACKS_PROGRAM", `No process '${process}' runs in the session that its user may send a signal to`);
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ signalled } satisfies z.infer<typeof reloadAnswerSchema>));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  const chunks: AsyncIterable<unknown> = request.setEncoding("utf8");
  for await (const chunk of chunks) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES) return null;
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
