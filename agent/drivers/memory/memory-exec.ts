import { spawn } from "node:child_process";
import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { BerthError } from "@berth/protocol/errors";
import type { Exec, ExecRequest } from "../driver";

const SIGNALS = { HUP: "SIGHUP", TERM: "SIGTERM", KILL: "SIGKILL" } as const;

/**
 * A program of this machine in place of one in a container, for tests of what is done inside sessions: it runs in `folder`, which is its
 * home, and sees no variable of this process but PATH and NODE_ENV. There is no terminal: output and errors are one stream where one is asked for.
 */
export function execHere(folder: string, { sessionId, argv, env, cwd, terminal }: ExecRequest): Exec {
  const [program = "", ...rest] = argv;
  const child = spawn(program, rest, {
    cwd: cwd ?? folder,
    env: { NODE_ENV: process.env.NODE_ENV, PATH: process.env.PATH ?? "", HOME: folder, ...env },
    detached: true,
  });
  child.stdin.on("error", () => undefined);
  let stdout: PassThrough | typeof child.stdout = child.stdout;
  if (terminal) {
    const both = new PassThrough();
    child.stdout.pipe(both, { end: false });
    child.stderr.pipe(both, { end: false });
    void Promise.allSettled([finished(child.stdout), finished(child.stderr)]).then(() => both.end());
    stdout = both;
  }
  const exit = new Promise<number>((resolve, reject) => {
    child.on("error", () => reject(new BerthError("SESSION_LACKS_PROGRAM", `The image of session ${sessionId} has no ${program}`)));
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal === "SIGKILL" ? 9 : signal === "SIGTERM" ? 15 : 1)));
  });
  exit.catch(() => undefined);
  return {
    stdin: child.stdin,
    stdout,
    stderr: terminal ? null : child.stderr,
    exit,
    resize: async () => undefined,
    async signal(name) {
      if (child.pid === undefined || child.exitCode !== null) return;
      try {
        process.kill(-child.pid, SIGNALS[name]);
      } catch {
        // Nothing of it is left.
      }
    },
  };
}
