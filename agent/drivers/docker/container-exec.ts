/** Programs beside a session's own, in its container. */
import { randomUUID } from "node:crypto";
import { type Duplex, PassThrough } from "node:stream";
import { BerthError } from "@berth/protocol/errors";
import type Docker from "dockerode";
import { z } from "zod";
import type { Exec, ExecRequest } from "../driver";
import { engineError, engineWords, statusOf } from "./engine-errors";
import { ExecFrames } from "./exec-frames";

/** In the environment of a program and of all that it starts: by it they are found again, wherever the engine runs. */
const MARK = "BERTH_EXEC";
/** The engine closes the output a moment before it knows the exit code. */
const EXIT_CODE_WAITS_MS = [0, 10, 20, 50, 100, 200, 500, 1000];
const RESIZE_WAITS_MS = [0, 20, 50, 100, 200, 400];
/** Ends, by the signal $2, what has the mark $1 in its environment. Needs a shell, `tr` and `grep`, as any image with a shell has. */
const SIGNAL_SCRIPT =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's.
  'for p in /proc/[0-9]*; do tr "\\0" "\\n" < "$p/environ" 2>/dev/null | grep -qx "$1" && kill -s "$2" "${p#/proc/}" 2>/dev/null; done; true';

const startedSchema = z.object({ Pid: z.number() });

/** Throws SESSION_NOT_RUNNING for a container that does not run (any more). */
export async function execInContainer(docker: Docker, engine: string, containerId: string, request: ExecRequest): Promise<Exec> {
  const mark = `${MARK}=${randomUUID()}`;
  const { argv, terminal, cwd } = request;
  const [program = ""] = argv;
  const refused = (error: unknown): BerthError => {
    if ([404, 409].includes(statusOf(error) ?? 0) || /is not running|is paused/.test(engineWords(error)))
      return new BerthError(
        "SESSION_NOT_RUNNING",
        `Session ${request.sessionId} does not run (any more), so nothing can be done inside it`,
        { cause: error },
      );
    return engineError(error, `start ${program} in session ${request.sessionId}`, engine);
  };
  const exec = await docker
    .getContainer(containerId)
    .exec({
      Cmd: [...argv],
      Env: [...Object.entries(request.env ?? {}).map(([name, value]) => `${name}=${value}`), mark],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: terminal !== null,
      ...(cwd === undefined ? {} : { WorkingDir: cwd }),
    })
    .catch((error: unknown) => {
      throw refused(error);
    });
  const socket = await exec.start({ hijack: true, stdin: true, Tty: terminal !== null }).catch((error: unknown) => {
    throw refused(error);
  });
  const resize = async (columns: number, rows: number): Promise<void> => {
    // It may not have begun yet, a moment after it was started, or have ended: then there is no size to set.
    for (const wait of RESIZE_WAITS_MS) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      const done = await exec.resize({ w: columns, h: rows }).then(
        () => true,
        () => socket.destroyed || socket.readableEnded,
      );
      if (done) return;
    }
  };
  if (terminal) await resize(terminal.columns, terminal.rows);
  const output = terminal ? rawOutput(socket) : framedOutput(socket);
  const exit = exitOf(exec, socket, request.sessionId, program, engine);
  exit.catch(() => undefined);
  return {
    stdin: socket,
    ...output,
    exit,
    resize,
    signal: (name) => signalMarked(docker, containerId, mark, name),
  };
}

function rawOutput(socket: Duplex): { stdout: PassThrough; stderr: null } {
  const stdout = new PassThrough();
  socket.pipe(stdout);
  socket.on("error", (error) => stdout.destroy(error));
  return { stdout, stderr: null };
}

function framedOutput(socket: Duplex): Pick<ExecFrames, "stdout" | "stderr"> {
  const frames = new ExecFrames(() => socket.resume());
  socket.on("data", (chunk: Buffer) => {
    if (!frames.push(chunk)) socket.pause();
  });
  socket.on("end", () => frames.end());
  socket.on("error", (error) => frames.destroy(error));
  socket.on("close", () => frames.end());
  return frames;
}

async function exitOf(exec: Docker.Exec, socket: Duplex, sessionId: string, program: string, engine: string): Promise<number> {
  await new Promise<void>((resolve) =>
    socket
      .once("close", resolve)
      .once("end", resolve)
      .once("error", () => resolve()),
  );
  for (const wait of EXIT_CODE_WAITS_MS) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    const state = await exec.inspect().catch((error: unknown) => {
      if (statusOf(error) === 404) throw new BerthError("SESSION_NOT_RUNNING", `Session ${sessionId} ended while ${program} ran in it`);
      throw engineError(error, `ask how ${program} ended`, engine);
    });
    if (state.Running || state.ExitCode === null) continue;
    // One that never ran has no process id; the engine wrote why to its output.
    if (startedSchema.parse(state).Pid === 0) throw lacks(sessionId, program);
    return state.ExitCode;
  }
  throw new BerthError("ENGINE_UNAVAILABLE", `The container engine does not say how ${program} ended`);
}

const lacks = (sessionId: string, program: string) =>
  new BerthError("SESSION_LACKS_PROGRAM", `The image of session ${sessionId} has no ${program}, which this needs`);

async function signalMarked(docker: Docker, containerId: string, mark: string, name: string): Promise<void> {
  try {
    const exec = await docker
      .getContainer(containerId)
      .exec({ Cmd: ["sh", "-c", SIGNAL_SCRIPT, "sh", mark, name], AttachStdout: true, AttachStderr: true });
    const socket = await exec.start({ hijack: true, stdin: false });
    socket.resume();
    await new Promise<void>((resolve) =>
      socket
        .once("close", resolve)
        .once("end", resolve)
        .once("error", () => resolve()),
    );
  } catch (error) {
    // Where the container does not run, nothing of it does.
    if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
  }
}
