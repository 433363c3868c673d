import { Readable } from "node:stream";
import type { LogLine } from "@berth/protocol/tunnel";
import type Docker from "dockerode";
import type { LogRequest } from "../driver";
import { engineError, statusOf } from "./engine-errors";
import { LogFrames } from "./log-frames";

type WhichLines = Omit<LogRequest, "sessionId">;

/** What a container printed, as the engine kept it; null where there is no such container. Aborting `signal` ends the reading. */
export async function readContainerLog(
  docker: Docker,
  engine: string,
  containerId: string,
  request: WhichLines,
  signal: AbortSignal,
): Promise<AsyncIterable<LogLine> | null> {
  const stream = await openStream(docker, containerId, request).catch((error: unknown) => {
    if (statusOf(error) === 404) return null;
    throw engineError(error, `read the log of container ${containerId.slice(0, 12)}`, engine);
  });
  if (!stream) return null;
  const stop = () => stream.destroy();
  // Told by whoever reads; a stream that is ended before that has nobody.
  stream.on("error", () => {});
  signal.addEventListener("abort", stop, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", stop));
  if (signal.aborted) stop();
  return lines(stream, signal);
}

/** Dockerode gathers a log that isn't followed in memory: asked for directly, it is a stream like the other. */
function openStream(docker: Docker, containerId: string, { tail, follow, since, stream }: WhichLines): Promise<Readable> {
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        // The question mark has it write `options` as the query.
        path: `/containers/${containerId}/logs?`,
        method: "GET",
        options: {
          stdout: stream !== "stderr",
          stderr: stream !== "stdout",
          timestamps: true,
          ...{ tail, follow },
          ...(since ? { since: `${Math.floor(since.getTime() / 1000)}.${String(since.getTime() % 1000).padStart(3, "0")}000000` } : {}),
        },
        isStream: true,
        statusCodes: { 200: true, 404: "no such container", 409: "can not be read", 500: "server error" },
      },
      (error: unknown, stream: unknown) => {
        if (error) reject(error);
        else if (stream instanceof Readable) resolve(stream);
        else reject(new Error("the engine answered without a stream"));
      },
    );
  });
}

async function* lines(stream: Readable, signal: AbortSignal): AsyncGenerator<LogLine> {
  const frames = new LogFrames();
  const chunks: AsyncIterable<unknown> = stream;
  try {
    for await (const chunk of chunks) if (Buffer.isBuffer(chunk)) yield* frames.push(chunk);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  yield* frames.end();
}
