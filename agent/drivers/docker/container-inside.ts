/** What can be asked of a session's container while it runs, beside its display: its log, what it uses, and programs of one's own. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { BerthError } from "@berth/protocol/errors";
import type { ReloadSignal } from "@berth/protocol/session-files";
import type { LogLine } from "@berth/protocol/tunnel";
import type Docker from "dockerode";
import type { ContainerInfo } from "dockerode";
import type { Exec, ExecRequest, LogRequest, UsageReading } from "../driver";
import { ExecPipe } from "../exec-pipe";
import type { KeptLogs } from "../kept-logs";
import { execInContainer } from "./container-exec";
import { readContainerLog } from "./container-log";
import { DISPLAY_MOUNT } from "./container-spec";
import { readContainerUsage } from "./container-usage";
import type { DisplayFolders } from "./display-socket";
import type { EngineContainers } from "./engine-containers";
import { engineError, statusOf } from "./engine-errors";
import { LABEL } from "./labels";
import type { RestingHomes } from "./resting-homes";

/** Readings asked of the engine at the same time. */
const READINGS_AT_ONCE = 4;

export interface ContainerInsideParts {
  readonly docker: Docker;
  readonly engine: string;
  readonly containers: EngineContainers;
  /** Of sessions that don't run. */
  readonly homes: RestingHomes;
  readonly kept: KeptLogs;
  readonly folders: DisplayFolders;
}

export class ContainerInside {
  readonly #parts: ContainerInsideParts;

  constructor(parts: ContainerInsideParts) {
    this.#parts = parts;
  }

  async logs(request: LogRequest, signal: AbortSignal): Promise<AsyncIterable<LogLine>> {
    const { kept, containers } = this.#parts;
    const [found] = await containers.ofSession(request.sessionId);
    // One that is kept and still there was to be removed, and is read as what it is.
    const past = await kept.of(request.sessionId, found?.Id);
    const now = found ? await this.#readLog(found.Id, request, signal) : null;
    if (!now && past.length === 0) throw missing(request.sessionId);
    if (past.length === 0 && now) return now;
    const newer = found ? await this.#count(found.Id, request, signal) : 0;
    const before = await kept.read(past, { ...request, tail: Math.max(0, request.tail - newer) });
    return joined(before, now);
  }

  async #count(containerId: string, request: LogRequest, signal: AbortSignal): Promise<number> {
    let count = 0;
    for await (const _ of (await this.#readLog(containerId, { ...request, follow: false }, signal)) ?? []) count++;
    return count;
  }

  #readLog(containerId: string, request: LogRequest, signal: AbortSignal) {
    return readContainerLog(this.#parts.docker, this.#parts.engine, containerId, request, signal);
  }

  async exec(request: ExecRequest): Promise<Exec> {
    const { homes, containers } = this.#parts;
    const found = request.resting ? await this.#find(request.sessionId) : await this.#running(request.sessionId);
    if (found.State !== "running") {
      const container = await containers.inspect(found.Id);
      if (!container) throw missing(request.sessionId);
      return homes.exec(request, container);
    }
    const { pipeVariable } = request;
    const pipe = pipeVariable !== undefined && found.Labels[LABEL.displayBy] === "socket" ? this.#pipe(request.sessionId) : null;
    const env = { ...request.env, ...(pipeVariable !== undefined ? { [pipeVariable]: pipe?.inside ?? "" } : {}) };
    return { ...(await execInContainer(this.#parts.docker, this.#parts.engine, found.Id, { ...request, env })), pipe };
  }

  /** In the one folder that a session has of this machine. */
  #pipe(sessionId: string): ExecPipe {
    const name = `pipe-${randomUUID()}`;
    return new ExecPipe(`${DISPLAY_MOUNT}/${name}`, join(this.#parts.folders.folderOf(sessionId), name));
  }

  /** Its main process is the engine's init, which passes signals on to the image's own. */
  async signal(sessionId: string, name: ReloadSignal): Promise<void> {
    const { docker, engine } = this.#parts;
    const { Id } = await this.#running(sessionId);
    try {
      await docker.getContainer(Id).kill({ signal: `SIG${name}` });
    } catch (error) {
      if (statusOf(error) === 404 || statusOf(error) === 409) throw notRunning(sessionId, "ended");
      throw engineError(error, `signal session ${sessionId}`, engine);
    }
  }

  async usageOf(sessionId: string): Promise<UsageReading> {
    const reading = await this.#read(await this.#running(sessionId));
    if (!reading) throw notRunning(sessionId, "ended");
    return reading;
  }

  async usages(): Promise<ReadonlyMap<string, UsageReading>> {
    const left = (await this.#parts.containers.ofAgent()).filter(({ State }) => State === "running");
    const readings = new Map<string, UsageReading>();
    const work = async () => {
      for (let container = left.pop(); container; container = left.pop()) {
        const sessionId = container.Labels[LABEL.session];
        const reading = sessionId ? await this.#read(container) : null;
        if (sessionId && reading) readings.set(sessionId, reading);
      }
    };
    await Promise.all(Array.from({ length: READINGS_AT_ONCE }, work));
    return readings;
  }

  async #read({ Id }: ContainerInfo): Promise<UsageReading | null> {
    const { docker, engine, containers } = this.#parts;
    try {
      const nanoCpus = (await containers.inspect(Id))?.HostConfig.NanoCpus ?? 0;
      return await readContainerUsage(docker, Id, nanoCpus > 0 ? nanoCpus / 1e9 : null);
    } catch (error) {
      if (statusOf(error) === 404 || statusOf(error) === 409) return null;
      throw engineError(error, `read what container ${Id.slice(0, 12)} uses`, engine);
    }
  }

  async #running(sessionId: string): Promise<ContainerInfo> {
    const found = await this.#find(sessionId);
    if (found.State !== "running") throw notRunning(sessionId, found.State === "paused" ? "frozen" : "stopped");
    return found;
  }

  async #find(sessionId: string): Promise<ContainerInfo> {
    const [found] = await this.#parts.containers.ofSession(sessionId);
    if (!found) throw missing(sessionId);
    return found;
  }
}

const missing = (sessionId: string) => new BerthError("SESSION_NOT_FOUND", `Session ${sessionId} has no container on this host`);
const notRunning = (sessionId: string, state: string) =>
  new BerthError("SESSION_NOT_RUNNING", `Session ${sessionId} is ${state}, not running`);

async function* joined(before: readonly LogLine[], now: AsyncIterable<LogLine> | null): AsyncGenerator<LogLine> {
  yield* before;
  if (now) yield* now;
}
