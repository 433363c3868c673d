import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { BerthError } from "@berth/protocol/errors";
import type { SessionDriver } from "../drivers/driver";
import type { ExecPipe } from "../drivers/exec-pipe";
import { youngGarbage } from "../tunnel/young-garbage";
import { refusalOf } from "./refusals";
import { PIPE_VARIABLE } from "./scripts";

/** What is kept of what a script complains of. */
const MAX_STDERR_BYTES = 8 * 1024;
const KILL_AFTER_MS = 3000;
/** How long a script that has said everything may take to be gone. */
const GONE_WITHIN_MS = 1000;
/** How long a script may take to say its first word, or all of them where it is asked for an answer alone. */
const ANSWER_WITHIN_MS = 60_000;

export interface ScriptCall {
  readonly sessionId: string;
  readonly script: string;
  readonly args: readonly string[];
  /** Of the path that it is about, for people. */
  readonly path: string;
  readonly signal: AbortSignal;
  /** It takes or gives much: by a pipe, where there can be one (see `bodyInto` and `bodyOutOf`). */
  readonly pipe?: boolean;
}

export interface ScriptRun {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly pipe: ExecPipe | null;
  /** Resolves when the script has done it; rejects with what it refused with, in words about the path. */
  readonly done: Promise<void>;
  /** What is left of it is ended: what it began it takes back. Resolves when it has. */
  end(): Promise<void>;
  /** The same for one that has nothing left to do: it is waited for first. */
  leave(): void;
}

/** Starts a script of `scripts.ts` in a session. Aborting `signal` ends it. Throws SESSION_NOT_RUNNING and SESSION_NOT_FOUND. */
export async function runScript(driver: Pick<SessionDriver, "exec">, call: ScriptCall): Promise<ScriptRun> {
  const { sessionId, script, args, path, signal } = call;
  const exec = await driver.exec({
    sessionId,
    argv: ["sh", "-c", script, "berth-files", ...args],
    // The session's own environment may have it too.
    env: { [PIPE_VARIABLE]: "" },
    ...(call.pipe ? { pipeVariable: PIPE_VARIABLE } : {}),
    terminal: null,
    resting: true,
  });
  const pipe = exec.pipe ?? null;
  youngGarbage.follow(exec.stdout);
  exec.stdin.on("error", () => undefined);
  exec.stdout.on("error", () => undefined);
  let words = "";
  const { stderr } = exec;
  stderr?.on("data", (chunk: Buffer) => {
    if (words.length < MAX_STDERR_BYTES) words += chunk.toString("utf8");
  });
  stderr?.on("error", () => undefined);
  let over = false;
  const ended = exec.exit.then(
    () => undefined,
    () => undefined,
  );
  void ended.then(() => {
    over = true;
    void pipe?.remove();
  });
  const end = async (): Promise<void> => {
    if (over) return;
    await exec.signal("TERM").catch(() => undefined);
    const kill = setTimeout(() => void exec.signal("KILL").catch(() => undefined), KILL_AFTER_MS);
    exec.stdout.resume();
    await ended;
    clearTimeout(kill);
  };
  const leave = (): void => {
    if (over) return;
    const late = setTimeout(() => void end(), GONE_WITHIN_MS);
    void ended.then(() => clearTimeout(late));
  };
  const aborted = (): void => void end();
  if (signal.aborted) aborted();
  signal.addEventListener("abort", aborted, { once: true });
  const done = (async () => {
    const code = await exec.exit;
    if (stderr && !stderr.readableEnded) await finished(stderr).catch(() => undefined);
    if (code !== 0) throw refusalOf(code, words, { path, sessionId });
  })().finally(() => signal.removeEventListener("abort", aborted));
  done.catch(() => undefined);
  return { stdin: exec.stdin, stdout: exec.stdout, pipe, done, end, leave };
}

/** All that a script says, at most `maxBytes`. Throws what it refuses with, and BODY_TOO_LARGE. */
export async function answerOf(driver: Pick<SessionDriver, "exec">, call: ScriptCall, maxBytes = 64 * 1024): Promise<Buffer> {
  const run = await runScript(driver, call);
  run.stdin.end();
  const late = setTimeout(() => void run.end(), ANSWER_WITHIN_MS);
  try {
    const all = await readAll(run.stdout, maxBytes, call.path);
    await run.done;
    return all;
  } finally {
    clearTimeout(late);
    void run.end();
  }
}

async function readAll(stream: Readable, maxBytes: number, path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > maxBytes) throw new BerthError("BODY_TOO_LARGE", `There is too much in ${path} to be listed; use a terminal`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The first line of what a script says; what comes after it is left to be read. Rejects as `done` does where there is none. */
export async function firstLine(run: ScriptRun): Promise<string> {
  const { stdout } = run;
  const late = setTimeout(() => void run.end(), ANSWER_WITHIN_MS);
  try {
    let seen: Buffer = Buffer.alloc(0);
    for (;;) {
      const chunk: unknown = stdout.read();
      if (Buffer.isBuffer(chunk)) {
        seen = seen.length > 0 ? Buffer.concat([seen, chunk]) : chunk;
        const end = seen.indexOf("\n");
        if (end >= 0) {
          const rest = seen.subarray(end + 1);
          if (rest.length > 0) stdout.unshift(rest);
          return seen.subarray(0, end).toString("latin1");
        }
        continue;
      }
      if (stdout.readableEnded || stdout.destroyed) break;
      await readableOrOver(stdout);
    }
  } finally {
    clearTimeout(late);
  }
  await run.done;
  throw new Error("a script ended without a word");
}

const readableOrOver = (stream: Readable): Promise<void> =>
  new Promise((resolve) => {
    const over = (): void => {
      for (const event of ["readable", "end", "close", "error"]) stream.off(event, over);
      resolve();
    };
    for (const event of ["readable", "end", "close", "error"]) stream.on(event, over);
  });
