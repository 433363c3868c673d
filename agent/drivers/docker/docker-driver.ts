/** Sessions as containers of a Docker engine. */

import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { ResourceUsage } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { ReloadSignal } from "@berth/protocol/session-files";
import type { LogLine } from "@berth/protocol/tunnel";
import Docker, { type ContainerInfo, type ContainerInspectInfo } from "dockerode";
import { systemClock } from "../../clock";
import { type Log, wordsOf } from "../../log";
import type {
  DriverCapacity,
  DriverDescription,
  DriverHealth,
  DriverInventory,
  DriverListener,
  Exec,
  ExecRequest,
  HibernateRequest,
  LogRequest,
  Operation,
  ResizeRequest,
  SessionDriver,
  SessionFacts,
  StartRequest,
  TerminateRequest,
  UsageReading,
} from "../driver";
import { HostUsage } from "../host-usage";
import { KeptLogs, LOG_RETENTION_DAYS } from "../kept-logs";
import { readBanner } from "./banner";
import { ContainerEnder } from "./container-end";
import { ContainerInside } from "./container-inside";
import { changeLimits } from "./container-limits";
import { ContainerStarter } from "./container-start";
import { DisplayRoutes } from "./display-routes";
import { DisplayFolders } from "./display-socket";
import { DockerSnapshots } from "./docker-snapshots";
import { DockerTasks } from "./docker-tasks";
import { EngineContainers } from "./engine-containers";
import { engineError, statusOf } from "./engine-errors";
import { EngineEvents } from "./engine-events";
import { EngineHealth } from "./engine-health";
import { EngineOutages } from "./engine-outages";
import { type EnginePlace, findPlace } from "./engine-place";
import type { EngineTarget } from "./engine-target";
import { askDiskUse, HomeSizes } from "./home-sizes";
import { Homes } from "./homes";
import { IsolatedNetwork } from "./isolated-network";
import { LABEL, ofAgent } from "./labels";
import { logKeeper } from "./log-keeper";
import { RestingHomes } from "./resting-homes";
import { factsOf, refuseOlder, removedFacts } from "./session-facts";
import { DockerSessionImages } from "./session-images";
import { SessionMarks } from "./session-marks";
import { SessionWatch } from "./session-watch";
import { VolumeCopies } from "./volume-copies";

export interface DockerDriverOptions {
  readonly target: EngineTarget;
  /** The agent's UUID: containers and homes are labelled with it, and only those are seen. A name would be shared by every machine's `local`. */
  readonly agent: string;
  /** Display folders and marks of sessions are kept here. */
  readonly dataDir: string;
  /** Sessions are kept from its addresses. */
  readonly controlPlaneHost: string | null;
  readonly log: Log;
  /** What ended containers printed is kept so long; default `LOG_RETENTION_DAYS`, 0 keeps none. */
  readonly logRetentionDays?: number;
}

const BANNER_TIMEOUT_MS = 5000;
/** How long a session's processes may take to end when it hibernates. */
const HIBERNATE_SECONDS = 10;

export class DockerDriver implements SessionDriver {
  readonly kind = "docker";
  readonly tasks: DockerTasks;
  readonly images: DockerSessionImages;
  readonly snapshots: DockerSnapshots;
  readonly #options: DockerDriverOptions;
  readonly #docker: Docker;
  readonly #containers: EngineContainers;
  readonly #inside: ContainerInside;
  readonly #kept: KeptLogs;
  readonly #ender: ContainerEnder;
  readonly #homes: Homes;
  readonly #resting: RestingHomes;
  readonly #folders: DisplayFolders;
  readonly #routes: DisplayRoutes;
  readonly #marks: SessionMarks;
  readonly #starter: ContainerStarter;
  readonly #usage: HostUsage;
  readonly #health: EngineHealth;
  readonly #watch: SessionWatch;
  readonly #network: IsolatedNetwork;
  #place: EnginePlace | null = null;

  private constructor(options: DockerDriverOptions, marks: SessionMarks, kept: KeptLogs) {
    const { target, agent, dataDir, log, controlPlaneHost } = options;
    this.#options = options;
    this.#docker = new Docker(target.options);
    this.#marks = marks;
    const outages = new EngineOutages(target);
    this.#containers = new EngineContainers({ docker: this.#docker, engine: target.name, agent, marks, outages });
    this.images = new DockerSessionImages({ docker: this.#docker, engine: target.name, containers: this.#containers });
    this.#kept = kept;
    this.#ender = new ContainerEnder(this.#docker, target.name, logKeeper(this.#docker, target.name, kept, log));
    const engine = { docker: this.#docker, engine: target.name, agent, ender: this.#ender, log };
    this.#resting = new RestingHomes(engine);
    this.#folders = new DisplayFolders(dataDir);
    this.#inside = new ContainerInside({ ...engine, containers: this.#containers, homes: this.#resting, kept, folders: this.#folders });
    this.#homes = new Homes(this.#docker, target.name, agent, new HomeSizes(askDiskUse(this.#docker), systemClock, log));
    this.#routes = new DisplayRoutes(this.#folders, target.publishedHost, () => this.#place?.sharesNetwork ?? false);
    this.#usage = new HostUsage(dataDir);
    this.#health = new EngineHealth(this.#docker, target.name);
    this.#watch = new SessionWatch({
      events: new EngineEvents(this.#docker, agent, log),
      containers: this.#containers,
      ender: this.#ender,
      folders: this.#folders,
      marks,
      health: this.#health,
      outages,
      log,
      returned: () => this.#prepare(),
    });
    const place = () => this.#findPlace();
    this.#network = new IsolatedNetwork({ docker: this.#docker, engine: target.name, agent, controlPlaneHost, log, place });
    this.tasks = new DockerTasks({ ...engine, network: this.#network });
    const held = { ...engine, containers: this.#containers, homes: this.#homes };
    this.snapshots = new DockerSnapshots({
      ...held,
      copies: new VolumeCopies(engine),
      during: (sessionId, run) => this.#watch.during(sessionId, run),
    });
    this.#starter = new ContainerStarter({
      ...held,
      snapshots: this.snapshots,
      folders: this.#folders,
      routes: this.#routes,
      marks,
      network: this.#network,
      place,
    });
  }

  /** The engine need not answer yet: until it does, the driver's health says why not. */
  static async open(options: DockerDriverOptions): Promise<DockerDriver> {
    const { dataDir, log } = options;
    const days = options.logRetentionDays ?? LOG_RETENTION_DAYS;
    const kept = await KeptLogs.open(join(dataDir, "logs"), { days, clock: systemClock, log });
    const driver = new DockerDriver(options, await SessionMarks.open(join(dataDir, "sessions")), kept);
    await driver.#prepare();
    driver.#watch.begin();
    return driver;
  }

  async describe(): Promise<DriverDescription> {
    const place = await this.#findPlace();
    return {
      capabilities: [
        "display.rfb",
        "display.http",
        "hibernate.stop",
        "hibernate.freeze",
        ...(place.sharesFiles ? ["display.unix-socket"] : []),
      ],
      metadata: {
        engine: "docker",
        docker_version: place.version,
        operating_system: place.system,
        kernel: place.kernel,
        displays_by: place.sharesFiles ? "unix socket" : "port on 127.0.0.1",
        network_isolation: this.#network.isolation,
      },
    };
  }

  async capacity(): Promise<DriverCapacity> {
    const place = await this.#findPlace();
    const running = await this.#ask("count sessions", () =>
      this.#docker.listContainers({ filters: { label: [ofAgent(this.#options.agent), LABEL.session] } }),
    );
    return { cores: place.cores, memoryGiB: Math.round((place.memoryBytes / 2 ** 30) * 100) / 100, currentSessions: running.length };
  }

  usage(): Promise<ResourceUsage> {
    return this.#usage.read();
  }

  health(): Promise<DriverHealth> {
    return this.#health.ask();
  }

  start(request: StartRequest, operation: Operation): Promise<SessionFacts> {
    this.#resting.retire(request.sessionId);
    return this.#watch.during(request.sessionId, async () =>
      this.#facts(request.sessionId, await this.#starter.start(request, operation, true)),
    );
  }

  wake(request: StartRequest, operation: Operation): Promise<SessionFacts> {
    const { sessionId, spec } = request;
    this.#resting.retire(sessionId);
    return this.#watch.during(sessionId, async () => {
      const frozen = (await this.#containers.ofSession(sessionId)).find((container) => container.State === "paused");
      const another = frozen && (await this.#required(sessionId, frozen.Id)).Config.Image !== spec.image;
      if (!frozen || another || this.#containers.generationOf(sessionId, frozen.Labels) > spec.generation) {
        return this.#facts(sessionId, await this.#starter.start(request, operation, false));
      }
      await this.#marks.set(sessionId, { generation: spec.generation, stopped: false });
      await this.#ask(`wake session ${sessionId}`, () => this.#docker.getContainer(frozen.Id).unpause());
      return this.#facts(sessionId, await this.#required(sessionId, frozen.Id));
    });
  }

  hibernate({ sessionId, generation, mode }: HibernateRequest): Promise<SessionFacts> {
    return this.#watch.during(sessionId, async () => {
      const [container] = await this.#containers.ofSession(sessionId);
      if (!container) throw new BerthError("SESSION_NOT_RUNNING", `Session ${sessionId} has no container here; wake it to make it anew`);
      refuseOlder(sessionId, this.#containers.generationOf(sessionId, container.Labels), generation);
      if (mode === "freeze") {
        if (container.State === "running") await this.#ender.freeze(container.Id);
        else if (container.State !== "paused") {
          throw new BerthError(
            "SESSION_NOT_RUNNING",
            `Session ${sessionId} does not run, so there is nothing to freeze; hibernate it with mode stop`,
          );
        }
      } else {
        await this.#marks.set(sessionId, { generation, stopped: true });
        await this.#ender.stop(container.Id, HIBERNATE_SECONDS);
      }
      return this.#facts(sessionId, await this.#required(sessionId, container.Id));
    });
  }

  resize(request: ResizeRequest): Promise<SessionFacts> {
    const { sessionId, generation } = request;
    return this.#watch.during(sessionId, async () => {
      const [found] = await this.#containers.ofSession(sessionId);
      const container = await this.#demandRunning(sessionId, found);
      refuseOlder(sessionId, this.#containers.generationOf(sessionId, container.Config.Labels), generation);
      await changeLimits(this.#docker, this.#options.target.name, container, request);
      return this.#facts(sessionId, container);
    });
  }

  terminate(request: TerminateRequest): Promise<SessionFacts> {
    const { sessionId, generation, graceful, timeoutSeconds, removeHome } = request;
    return this.#watch.during(sessionId, async () => {
      const found = await this.#containers.ofSession(sessionId);
      for (const container of found) refuseOlder(sessionId, this.#containers.generationOf(sessionId, container.Labels), generation);
      for (const container of found) {
        if (graceful && container.State === "running") await this.#ender.stop(container.Id, timeoutSeconds);
        await this.#ender.remove(container.Id);
      }
      await this.#folders.remove(sessionId);
      await this.#marks.clear(sessionId);
      this.#resting.retire(sessionId);
      if (removeHome) await this.deleteHome(removeHome);
      const [last] = found;
      return removedFacts(sessionId, generation, last);
    });
  }

  async inventory(): Promise<DriverInventory> {
    const asked = [this.#containers.all(), this.#homes.list(), this.snapshots.list(), this.#kept.sessions()] as const;
    const [sessions, homes, snapshots, keptLogs] = await Promise.all(asked);
    return { sessions, homes, snapshots, keptLogs };
  }

  watch(listener: DriverListener): () => void {
    return this.#watch.add(listener);
  }

  async openDisplay(sessionId: string): Promise<Duplex> {
    const [found] = await this.#containers.ofSession(sessionId);
    // A list says enough of what runs: only for a port the engine is asked for its number.
    const bySocket = found?.State === "running" && found.Labels[LABEL.displayBy] === "socket";
    const display = bySocket ? await this.#routes.toSocket(sessionId) : await this.#openDisplayPort(sessionId, found);
    await readBanner(display, BANNER_TIMEOUT_MS);
    return display;
  }

  async #openDisplayPort(sessionId: string, found: ContainerInfo | undefined): Promise<Duplex> {
    const container = await this.#demandRunning(sessionId, found);
    if (container.Config.Labels[LABEL.displayProtocol] === "http") {
      throw new BerthError("DISPLAY_PROTOCOL_MISMATCH", `Session ${sessionId} shows itself over HTTP, not RFB; open it as a web app`);
    }
    return this.#routes.toDisplay(sessionId, container);
  }

  async openPort(sessionId: string, port: number): Promise<Duplex> {
    const [found] = await this.#containers.ofSession(sessionId);
    return this.#routes.toPort(sessionId, await this.#demandRunning(sessionId, found), port, true);
  }

  logs(request: LogRequest, signal: AbortSignal): Promise<AsyncIterable<LogLine>> {
    return this.#inside.logs(request, signal);
  }

  forgetLogs(sessionId: string): Promise<void> {
    return this.#kept.forget(sessionId);
  }

  exec(request: ExecRequest): Promise<Exec> {
    return this.#inside.exec(request);
  }

  signal(sessionId: string, name: ReloadSignal): Promise<void> {
    return this.#inside.signal(sessionId, name);
  }

  usageOf(sessionId: string): Promise<UsageReading> {
    return this.#inside.usageOf(sessionId);
  }

  usages(): Promise<ReadonlyMap<string, UsageReading>> {
    return this.#inside.usages();
  }

  async deleteHome(volume: string): Promise<void> {
    await this.#resting.leave(volume);
    await this.#homes.remove(volume);
  }

  async removeOrphan(containerId: string): Promise<void> {
    const container = await this.#containers.inspect(containerId);
    if (!container) return;
    const sessionId = container.Config.Labels[LABEL.session];
    if (!sessionId || container.Config.Labels[LABEL.agent] !== this.#options.agent)
      throw new BerthError("SPEC_REFUSED", `Container ${containerId.slice(0, 12)} was not made by this agent and is left alone`);
    await this.#watch.during(sessionId, async () => {
      await this.#ender.remove(container.Id);
      if ((await this.#containers.ofSession(sessionId)).length > 0) return;
      await this.#folders.remove(sessionId);
      await this.#marks.clear(sessionId);
    });
  }

  async close(): Promise<void> {
    this.#kept.close();
    await this.#watch.end();
    await this.#resting.close();
    try {
      if ((await this.#health.ask()).ok && (await this.#containers.all()).length === 0) await this.#network.leave();
    } catch (error) {
      this.#options.log.info({ reason: wordsOf(error) }, "firewall rules are left in place: sessions may be here still");
    }
  }

  async #prepare(): Promise<void> {
    const { target, log } = this.#options;
    try {
      this.#place = await findPlace(this.#docker, target);
      await this.#network.renew();
      await this.snapshots.sweep();
      await this.#resting.sweep();
    } catch (error) {
      log.warn({ err: error }, wordsOf(error));
    }
  }

  async #demandRunning(sessionId: string, found: ContainerInfo | undefined): Promise<ContainerInspectInfo> {
    const container = found && (await this.#containers.inspect(found.Id));
    if (!container) throw new BerthError("SESSION_NOT_FOUND", `Session ${sessionId} has no container on this host`);
    const { observed } = this.#containers.seen(sessionId, container);
    if (observed !== "running") throw new BerthError("SESSION_NOT_RUNNING", `Session ${sessionId} is ${observed}, not running`);
    return container;
  }

  async #required(sessionId: string, containerId: string): Promise<ContainerInspectInfo> {
    const container = await this.#containers.inspect(containerId);
    if (!container) throw new BerthError("CONTAINER_EXITED", `The container of session ${sessionId} was removed from outside`);
    return container;
  }

  async #findPlace(): Promise<EnginePlace> {
    this.#place ??= await findPlace(this.#docker, this.#options.target);
    return this.#place;
  }

  async #ask<T>(doing: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      // Done already: a start of what runs.
      throw statusOf(error) === 409
        ? new BerthError("SESSION_NOT_RUNNING", wordsOf(error), { cause: error })
        : engineError(error, doing, this.#options.target.name);
    }
  }

  #facts(sessionId: string, container: ContainerInspectInfo): SessionFacts {
    return factsOf(this.#containers.seen(sessionId, container), container);
  }
}
