/**
 * Sessions that exist in this process alone: no engine, no network, no images. For tests and for runs of a whole fleet. What a test wants
 * to go wrong it says by the image's name (`faults.ts`), or does by `kill`, `vanish` and `engineGoesAway`.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { ResourceUsage } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { parseCpu } from "@berth/protocol/quantities";
import type { ReloadSignal } from "@berth/protocol/session-files";
import type { LogLine, LogStream } from "@berth/protocol/tunnel";
import { pause, throwIfAborted } from "../abort";
import type {
  DriverCapacity,
  DriverDescription,
  DriverHealth,
  DriverInventory,
  DriverListener,
  Exec,
  ExecRequest,
  FetchedImage,
  HibernateRequest,
  LogRequest,
  Operation,
  ResizeRequest,
  SessionDriver,
  SessionFacts,
  SessionImage,
  SessionImages,
  StartRequest,
  TerminateRequest,
  UsageReading,
} from "../driver";
import { behaviourOf } from "./faults";
import { MemoryApps } from "./memory-app";
import { type DisplayInput, MemoryDisplay } from "./memory-display";
import { execHere } from "./memory-exec";
import { linesOf, MemoryLog } from "./memory-log";
import { factsOf, type MemorySession, seen, superseded, usageOf } from "./memory-session";
import { MemorySnapshots } from "./memory-snapshots";
import { MemoryTasks } from "./memory-tasks";

export interface MemoryDriverOptions {
  readonly cores?: number;
  readonly memoryGiB?: number;
  /** Where programs run that are started inside sessions: they are this machine's. Absent: sessions have none. */
  readonly programsIn?: string;
  /** Which port of this machine stands for a session's; null: its container's address refuses there. Absent: all are the app's. */
  readonly ports?: (sessionId: string, port: number) => number | null;
}

export class MemoryDriver implements SessionDriver {
  readonly kind = "memory";
  readonly tasks = new MemoryTasks();
  readonly snapshots = new MemorySnapshots((volume) => this.#homes.has(volume));
  readonly images: SessionImages = { fetch: (wanted, operation) => this.#fetch(wanted, operation) };
  /** How often a session's container was made: a test of "carried out once" counts on it. */
  starts = 0;
  /** What main processes were sent. */
  readonly signals: { readonly sessionId: string; readonly name: ReloadSignal }[] = [];
  readonly #options: MemoryDriverOptions;
  readonly #sessions = new Map<string, MemorySession>();
  readonly #homes = new Set<string>();
  readonly #listeners = new Set<DriverListener>();
  readonly #apps = new MemoryApps();
  /** What ended containers printed, by session. */
  readonly #kept = new Map<string, readonly LogLine[]>();
  #away: string | null = null;

  constructor(options: MemoryDriverOptions = {}) {
    this.#options = options;
  }

  async describe(): Promise<DriverDescription> {
    return { capabilities: ["display.rfb", "display.http", "hibernate.stop", "hibernate.freeze"], metadata: { engine: "memory" } };
  }

  async capacity(): Promise<DriverCapacity> {
    const active = [...this.#sessions.values()].filter((session) => ["starting", "running", "frozen"].includes(session.observed));
    return { cores: this.#options.cores ?? 64, memoryGiB: this.#options.memoryGiB ?? 256, currentSessions: active.length };
  }

  async usage(): Promise<ResourceUsage> {
    const used = [...this.#sessions.values()].filter((session) => session.observed === "running");
    const cores = used.reduce((sum, session) => sum + (parseCpu(session.spec.resources.cpu) ?? 0) / 1000, 0);
    return { cpu: Math.min(100, (100 * cores) / (this.#options.cores ?? 64)), memory: 10, disk: 10 };
  }

  async health(): Promise<DriverHealth> {
    return this.#away === null ? { ok: true } : { ok: false, reason: this.#away };
  }

  async start({ sessionId, spec }: StartRequest, operation: Operation): Promise<SessionFacts> {
    this.#answer();
    const there = this.#sessions.get(sessionId);
    if (there && there.generation > spec.generation) throw superseded(there, spec.generation);
    if (there?.generation === spec.generation && there.observed === "running") return factsOf(there);
    if (there) this.#discard(there);
    const behaviour = behaviourOf(spec.image);
    if (behaviour.pullMs > 0) await this.#pull(spec.image, behaviour.pullMs, operation);
    if (behaviour.fail) throw new BerthError(behaviour.fail, `Image ${spec.image} was made to fail with ${behaviour.fail}`);
    throwIfAborted(operation.signal);
    const freshHome = spec.home !== null && !this.#homes.has(spec.home.volume);
    if (freshHome && spec.home?.from !== undefined) this.snapshots.demand(spec.home.from);
    if (spec.home) this.#homes.add(spec.home.volume);
    const session: MemorySession = {
      sessionId,
      generation: spec.generation,
      observed: "starting",
      containerId: randomUUID().replaceAll("-", ""),
      containerName: `berth-${spec.name}-${sessionId.slice(0, 8)}`,
      spec,
      display: new MemoryDisplay(spec.display.resolution, behaviour.echo),
      log: new MemoryLog(),
      startedAt: new Date(),
      reason: null,
      errorCode: null,
      death: null,
    };
    this.#sessions.set(sessionId, session);
    this.starts++;
    operation.report("container_created", `Container ${session.containerName} was created`);
    session.log.print(`[INFO] ${spec.template} was started`);
    operation.report("container_started", `Container ${session.containerName} was started`);
    try {
      if (behaviour.startMs > 0) await pause(behaviour.startMs, operation.signal);
    } catch (error) {
      this.#discard(session);
      if (freshHome && spec.home) this.#homes.delete(spec.home.volume);
      throw error;
    }
    session.observed = "running";
    session.log.print(`[INFO] display ready on port ${spec.display.port}`);
    operation.report("display_ready", `The ${spec.display.protocol} display is ready`);
    if (behaviour.diesAfterMs !== null) {
      session.death = setTimeout(() => this.kill(sessionId, 1), behaviour.diesAfterMs);
      session.death.unref();
    }
    return factsOf(session);
  }

  async wake(request: StartRequest, operation: Operation): Promise<SessionFacts> {
    this.#answer();
    const there = this.#sessions.get(request.sessionId);
    const another = there?.spec.image !== request.spec.image;
    if (there?.observed !== "frozen" || another || there.generation > request.spec.generation) return this.start(request, operation);
    there.observed = "running";
    there.generation = request.spec.generation;
    return factsOf(there);
  }

  async hibernate({ sessionId, generation, mode }: HibernateRequest): Promise<SessionFacts> {
    this.#answer();
    const session = this.#sessions.get(sessionId);
    if (!session) throw new BerthError("SESSION_NOT_RUNNING", `Session ${sessionId} has no container here; wake it to make it anew`);
    if (session.generation > generation) throw superseded(session, generation);
    if (mode === "freeze" && session.observed === "running") session.observed = "frozen";
    else if (mode === "stop") this.#halt(session, "stopped", null);
    return factsOf(session);
  }

  async resize({ sessionId, generation, resources }: ResizeRequest): Promise<SessionFacts> {
    const session = this.#running(sessionId);
    if (session.generation > generation) throw superseded(session, generation);
    session.spec = { ...session.spec, resources };
    return factsOf(session);
  }

  /** What a test asks for: the limits that the session has now. */
  limitsOf(sessionId: string): StartRequest["spec"]["resources"] {
    return this.#running(sessionId).spec.resources;
  }

  async terminate({ sessionId, generation, removeHome }: TerminateRequest): Promise<SessionFacts> {
    this.#answer();
    const session = this.#sessions.get(sessionId);
    if (session && session.generation > generation) throw superseded(session, generation);
    if (session) this.#discard(session);
    if (removeHome) this.#homes.delete(removeHome);
    return {
      sessionId,
      generation,
      observed: "removed",
      containerId: session?.containerId ?? null,
      containerName: session?.containerName ?? null,
      address: null,
      displayPort: null,
      startedAt: null,
      hibernateModes: [],
    };
  }

  async inventory(): Promise<DriverInventory> {
    this.#answer();
    return {
      sessions: [...this.#sessions.values()].map(seen),
      homes: [...this.#homes].map((volume) => ({ volume, size: null })),
      snapshots: this.snapshots.list(),
      keptLogs: [...this.#kept.keys()],
    };
  }

  watch(listener: DriverListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async openDisplay(sessionId: string): Promise<Duplex> {
    const session = this.#running(sessionId);
    if (session.spec.display.protocol === "http") {
      throw new BerthError("DISPLAY_PROTOCOL_MISMATCH", `Port ${session.spec.display.port} of session ${sessionId} speaks HTTP, not RFB`);
    }
    return session.display.open();
  }

  async openPort(sessionId: string, port: number): Promise<Duplex> {
    this.#running(sessionId);
    const { ports } = this.#options;
    if (!ports) return this.#apps.open(sessionId);
    const here = ports(sessionId, port);
    if (here === null) throw new BerthError("DISPLAY_UNREACHABLE", `Port ${port} of session ${sessionId} can't be reached: nobody listens`);
    const socket = connect({ host: "127.0.0.1", port: here, allowHalfOpen: true });
    await once(socket, "connect");
    return socket;
  }

  async logs(request: LogRequest, signal: AbortSignal): Promise<AsyncIterable<LogLine>> {
    this.#answer();
    const session = this.#sessions.get(request.sessionId);
    const kept = this.#kept.get(request.sessionId) ?? [];
    if (!session && kept.length === 0)
      throw new BerthError("SESSION_NOT_FOUND", `Session ${request.sessionId} has no container on this host`);
    return linesOf(kept, session?.log, request, signal);
  }

  async forgetLogs(sessionId: string): Promise<void> {
    this.#kept.delete(sessionId);
  }

  async usageOf(sessionId: string): Promise<UsageReading> {
    return usageOf(this.#running(sessionId));
  }

  async usages(): Promise<ReadonlyMap<string, UsageReading>> {
    this.#answer();
    const running = [...this.#sessions.values()].filter(({ observed }) => observed === "running");
    return new Map(running.map((session) => [session.sessionId, usageOf(session)]));
  }

  async exec(request: ExecRequest): Promise<Exec> {
    const keepsHome = this.#sessions.get(request.sessionId)?.spec.home;
    if (!request.resting || !keepsHome) this.#running(request.sessionId);
    const { programsIn } = this.#options;
    if (!programsIn) throw new BerthError("SESSION_LACKS_PROGRAM", `The image of session ${request.sessionId} has no ${request.argv[0]}`);
    return execHere(programsIn, request);
  }

  async signal(sessionId: string, name: ReloadSignal): Promise<void> {
    this.#running(sessionId);
    this.signals.push({ sessionId, name });
  }

  async deleteHome(volume: string): Promise<void> {
    this.#answer();
    const user = [...this.#sessions.values()].find((session) => session.spec.home?.volume === volume);
    if (user) throw new BerthError("HOME_IN_USE", `Home ${volume} is used by container ${user.containerName}; end that session first`);
    this.#homes.delete(volume);
  }

  async removeOrphan(containerId: string): Promise<void> {
    this.#answer();
    for (const session of this.#sessions.values()) if (session.containerId === containerId) this.#discard(session);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    for (const session of this.#sessions.values()) {
      if (session.death) clearTimeout(session.death);
      session.display.end();
    }
    this.#apps.close();
  }

  /** What viewers typed and pointed at. */
  inputOf(sessionId: string): DisplayInput | undefined {
    return this.#sessions.get(sessionId)?.display.input;
  }

  /** Something is copied inside the desktop. */
  copyInside(sessionId: string, text: string): void {
    this.#sessions.get(sessionId)?.display.copy(text);
  }

  pixel(sessionId: string, x: number, y: number): number | undefined {
    return this.#sessions.get(sessionId)?.display.picture.pixel(x, y);
  }

  /** A program inside prints; a newline begins another line. */
  print(sessionId: string, text: string, stream: LogStream = "stdout"): void {
    this.#sessions.get(sessionId)?.log.print(text, stream);
  }

  /** The container ends by itself, as after `docker kill`. */
  kill(sessionId: string, exitCode = 137): void {
    const session = this.#sessions.get(sessionId);
    if (!session || session.observed === "failed" || session.observed === "stopped") return;
    this.#halt(session, "failed", `ended by itself with exit code ${exitCode}${exitCode === 137 ? " (killed)" : ""}`);
    for (const listener of this.#listeners) listener.observed(seen(session));
  }

  /** Someone removed the container from outside. */
  vanish(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (!session) return;
    this.#discard(session);
    for (const listener of this.#listeners)
      listener.observed({ ...seen(session), observed: "removed", reason: "its container was removed from outside" });
  }

  engineGoesAway(reason: string): void {
    this.#away = reason;
  }

  engineReturns(): void {
    this.#away = null;
    for (const listener of this.#listeners) listener.engineReturned();
  }

  async #pull(image: string, ms: number, operation: Operation): Promise<void> {
    for (const percent of [0, 50, 100]) {
      operation.report("image_pulling", `Pulling image ${image}`, percent);
      if (percent < 100) await pause(ms / 2, operation.signal);
    }
    operation.report("image_pulled", `Image ${image} was pulled`);
  }

  async #fetch({ sessionId, image }: SessionImage, operation: Operation): Promise<FetchedImage> {
    this.#answer();
    const { pullMs, fail } = behaviourOf(image);
    await this.#pull(image, pullMs, operation);
    if (fail === "IMAGE_NOT_FOUND" || fail === "IMAGE_PULL_FAILED")
      throw new BerthError(fail, `Image ${image} was made to fail with ${fail}`);
    const running = this.#sessions.get(sessionId);
    return { imageId: `memory:${image}`, runningImageId: running ? `memory:${running.spec.image}` : null, pulled: true };
  }

  #answer(): void {
    if (this.#away !== null) throw new BerthError("ENGINE_UNAVAILABLE", this.#away);
  }

  #running(sessionId: string): MemorySession {
    this.#answer();
    const session = this.#sessions.get(sessionId);
    if (!session) throw new BerthError("SESSION_NOT_FOUND", `Session ${sessionId} has no container on this host`);
    if (session.observed !== "running")
      throw new BerthError("SESSION_NOT_RUNNING", `Session ${sessionId} is ${session.observed}, not running`);
    return session;
  }

  #halt(session: MemorySession, observed: "stopped" | "failed", reason: string | null): void {
    if (session.death) clearTimeout(session.death);
    session.death = null;
    session.observed = observed;
    session.reason = reason;
    session.errorCode = observed === "failed" ? "CONTAINER_EXITED" : null;
    session.display.end();
    session.log.end();
    this.#apps.end(session.sessionId);
  }

  #discard(session: MemorySession): void {
    const how = session.observed === "running" || session.observed === "frozen" ? "was ended" : "ended by itself";
    this.#halt(session, "stopped", null);
    this.#sessions.delete(session.sessionId);
    const end = { at: new Date().toISOString(), text: `The container of start ${session.generation} ${how}`, stream: "berth" } as const;
    this.#kept.set(session.sessionId, [...(this.#kept.get(session.sessionId) ?? []), ...session.log.lines, end]);
  }
}
