/** The agent program without its command line: one connection, one driver. Several can live in one process. */
import { join } from "node:path";
import {
  AGENT_API,
  DOCKER_TASKS,
  FILES,
  type FromAgentOf,
  KEPT_LOGS,
  LOGS,
  PROTOCOL_VERSION,
  RESIZE,
  TASK_RUNS,
  TERMINALS,
  THUMBNAILS,
  type ToAgent,
  VIEWER_UPDATE,
} from "@berth/protocol/agent-messages";
import { NODE_API } from "@berth/protocol/node-api";
import { FILES_AT_REST } from "@berth/protocol/session-files";
import { SESSION_HEALTH } from "@berth/protocol/session-health";
import { PORTS } from "@berth/protocol/session-ports";
import { STATS } from "@berth/protocol/session-stats";
import { SESSION_VERSIONS } from "@berth/protocol/session-versions";
import { WATCH } from "@berth/protocol/session-watch";
import { SNAPSHOTS } from "@berth/protocol/snapshots";
import { VERSION } from "@berth/protocol/version";
import { ActivityGatherer } from "./activity";
import { type Clock, systemClock, type Timer } from "./clock";
import { CommandJournal } from "./commands/command-journal";
import { Executor } from "./commands/executor";
import { Connection } from "./connection/connection";
import type { SeenSession, SessionDriver } from "./drivers/driver";
import { filesApi } from "./files/files-api";
import { SessionProbing } from "./health/session-probing";
import { NodeEventLog } from "./http/node/node-events";
import { type Node, type NodeIdentity, openNode } from "./http/node/open-node";
import { SessionUsage } from "./http/stats/session-usage";
import { statsPart } from "./http/stats/stats-part";
import type { Credentials } from "./identity/credentials";
import { inventoryMessage, observationOf } from "./inventory";
import { type Log, wordsOf } from "./log";
import { Ports } from "./ports/ports-part";
import { SinglePrograms } from "./terminals/single-programs";
import { Terminals } from "./terminals/terminals";
import { Tunnels } from "./tunnel/tunnels";
import { watchPart } from "./watch/watch-part";

const INVENTORY_EVERY_MS = 5 * 60_000;
const COMMANDS_IN_PARALLEL = 16;
/** After a command ended, before its session is probed. */
const LOOK_AFTER_MS = 250;

export interface AgentOptions {
  readonly url: URL;
  /** `agent_id` on the wire. */
  readonly name: string;
  readonly credentials: Credentials;
  /** Results of commands are kept here. */
  readonly dataDir: string;
  /** Closed by `stop`. */
  readonly driver: SessionDriver;
  readonly log: Log;
  readonly region?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** What this agent offers, where it is less than the host has. Cores and GiB. */
  readonly limits?: { readonly maxSessions?: number; readonly maxCpu?: number; readonly maxMemoryGiB?: number };
  /** For the node's own HTTP API; absent: it has none. */
  readonly node?: NodeIdentity;
  readonly clock?: Clock;
  readonly random?: () => number;
}

export interface Agent {
  /** Resolves when it tries to connect; it goes on trying until it is stopped. */
  start(): Promise<void>;
  /** Ends the connection and all tunnels. Sessions go on. */
  stop(): Promise<void>;
  /** Resolves at the next registration, at once when registered. */
  untilRegistered(): Promise<void>;
}

export function createAgent(options: AgentOptions): Agent {
  return new RunningAgent(options);
}

class RunningAgent implements Agent {
  readonly #options: AgentOptions;
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #tunnels: Tunnels;
  readonly #activity: ActivityGatherer;
  readonly #usage: SessionUsage;
  readonly #probing: SessionProbing;
  readonly #events: NodeEventLog;
  readonly #node: Node | null;
  #engineIsThere = true;
  #executor: Executor | null = null;
  #unwatch: () => void = () => {};
  #beats: Timer[] = [];
  #registered: Array<() => void> = [];
  /** Counts what changed by our own doing, so that an inventory taken meanwhile is taken again. */
  #changes = 0;
  #looking: Timer | null = null;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { url, credentials, log, driver, name } = options;
    this.#activity = new ActivityGatherer(name, this.#clock, (message) => this.#connection.send(message));
    this.#usage = new SessionUsage({ driver, clock: this.#clock, log });
    this.#probing = new SessionProbing({
      agentName: name,
      driver,
      clock: this.#clock,
      random: options.random ?? Math.random,
      send: (message) => this.#connection.send(message),
    });
    const onInput = (sessionId: string) => this.#activity.note(sessionId);
    const programs = { driver, clock: this.#clock, onInput };
    this.#tunnels = new Tunnels({
      target: { url, credentials },
      driver,
      clock: this.#clock,
      log,
      started: async (sessionId) => this.#executor?.started(sessionId),
      onInput,
      api: [
        statsPart(this.#usage),
        new Terminals(programs),
        new SinglePrograms(programs),
        new Ports(programs),
        filesApi(driver),
        watchPart(programs),
      ],
    });
    this.#events = new NodeEventLog(this.#clock);
    this.#node = options.node
      ? openNode({
          identity: options.node,
          dataDir: options.dataDir,
          driver,
          clock: this.#clock,
          log,
          events: this.#events,
          version: VERSION,
          connected: () => this.#connection.registered,
          changed: () => {
            this.#changes++;
            void this.#sendInventory();
          },
        })
      : null;
    this.#connection = new Connection({
      url,
      agentName: name,
      credentials,
      platform: "docker",
      region: options.region,
      clock: this.#clock,
      random: options.random ?? Math.random,
      log,
      registration: () => this.#registration(),
      registered: (seconds) => this.#whenRegistered(seconds),
      received: (message) => this.#take(message),
      lost: (reason) => this.#whenLost(reason),
    });
  }

  async start(): Promise<void> {
    const { name, driver, log, dataDir } = this.#options;
    await this.#node?.start();
    const journal = await CommandJournal.open(join(dataDir, "commands.jsonl"), log);
    this.#executor = new Executor({
      agentName: name,
      driver,
      journal,
      clock: this.#clock,
      log,
      parallel: COMMANDS_IN_PARALLEL,
      send: (message) => {
        if (message.type === "command_result") {
          this.#changes++;
          this.#lookSoon();
          const failed = message.status === "failed";
          const words = failed ? `failed: ${message.error ?? message.error_code}` : "is done";
          this.#events.note(failed ? "error" : "info", `command.${message.status}`, `Command ${message.command_id} ${words}`);
        }
        return this.#connection.send(message);
      },
    });
    this.#unwatch = driver.watch({
      observed: (session) => {
        log.info({ sessionId: session.sessionId, observed: session.observed, reason: session.reason }, "a session changed by itself");
        this.#events.note("warn", `workspace.${session.observed}`, session.reason ?? "It changed by itself", session.sessionId);
        this.#probing.seen(session);
        this.#connection.send({ type: "session_observed", agent_id: name, ...observationOf(session, this.#clock.now()) });
      },
      engineReturned: () => {
        void this.#heartbeat();
        void this.#sendInventory();
      },
    });
    this.#usage.start();
    this.#connection.start();
  }

  async stop(): Promise<void> {
    this.#whenLost("the agent ends");
    this.#unwatch();
    this.#activity.stop();
    this.#looking?.cancel();
    this.#probing.stop();
    await this.#node?.stop();
    await this.#tunnels.stop();
    await this.#connection.stop();
    await this.#executor?.stop();
    await this.#options.driver.close();
  }

  untilRegistered(): Promise<void> {
    if (this.#connection.registered) return Promise.resolve();
    return new Promise((resolve) => this.#registered.push(resolve));
  }

  #take(message: ToAgent): void {
    switch (message.type) {
      case "command":
        return this.#executor?.receive(message);
      case "command_cancel":
        return this.#executor?.cancel(message.command_id, message.generation);
      case "vnc_proxy_request":
        return void this.#tunnels.openDisplay(message);
      case "viewer_update":
        return this.#tunnels.updateViewer(message);
      case "tunnel_request":
        return void this.#tunnels.openPort(message);
      case "thumbnail_request":
        return void this.#tunnels.sendThumbnail(message);
      case "logs_request":
        return void this.#tunnels.sendLogs(message);
      case "logs_forget":
        return void this.#forgetLogs(message.session_id);
      case "api_request":
        return void this.#tunnels.serveApi(message);
      case "node_api_request":
        // Without it the dial never comes, and the control plane says so.
        return void (this.#node && this.#tunnels.serveNode(message, (tunnel) => this.#node?.api.serve(tunnel)));
      case "inventory_request":
        return void this.#sendInventory();
      case "error":
        this.#options.log.warn({ code: message.code, problem: message.message }, "the control plane did not take a message of ours");
    }
  }

  async #forgetLogs(sessionId: string): Promise<void> {
    const { driver, log } = this.#options;
    await driver.forgetLogs(sessionId).catch((error: unknown) => log.warn({ err: error, sessionId }, "a kept log could not be removed"));
  }

  #whenRegistered(heartbeatSeconds: number): void {
    this.#events.note("info", "node.connected", `Connected to ${this.#options.url.origin}`);
    this.#executor?.reconnected();
    this.#probing.reconnected();
    void this.#sendInventory();
    void this.#heartbeat();
    this.#beats = [
      this.#clock.every(heartbeatSeconds * 1000, () => void this.#heartbeat()),
      this.#clock.every(INVENTORY_EVERY_MS, () => void this.#sendInventory()),
    ];
    for (const resolve of this.#registered.splice(0)) resolve();
  }

  #whenLost(reason: string): void {
    if (this.#beats.length > 0) this.#events.note("warn", "node.disconnected", `The connection to the control plane ended: ${reason}`);
    for (const beat of this.#beats) beat.cancel();
    this.#beats = [];
  }

  async #registration(): Promise<FromAgentOf<"register">> {
    const { name, driver, region, labels, log } = this.#options;
    let described: Awaited<ReturnType<SessionDriver["describe"]>> = { capabilities: [], metadata: {} };
    try {
      described = await driver.describe();
    } catch (error) {
      // An engine that is away does not keep the agent away: its heartbeat says degraded, and why.
      log.warn({ err: error }, "the driver can't describe itself");
    }
    return {
      type: "register",
      agent_id: name,
      platform: "docker",
      ...(region ? { region } : {}),
      capacity: await this.#capacity(),
      metadata: { ...described.metadata, agent_version: VERSION, driver: driver.kind },
      version: VERSION,
      capabilities: [
        ...described.capabilities,
        VIEWER_UPDATE,
        THUMBNAILS,
        LOGS,
        KEPT_LOGS,
        RESIZE,
        DOCKER_TASKS,
        TASK_RUNS,
        AGENT_API,
        ...(this.#node ? [NODE_API] : []),
        FILES,
        STATS,
        SNAPSHOTS,
        FILES_AT_REST,
        SESSION_HEALTH,
        TERMINALS,
        PORTS,
        WATCH,
        SESSION_VERSIONS,
      ],
      labels: { ...labels },
      protocol_version: PROTOCOL_VERSION,
    };
  }

  async #capacity(): Promise<FromAgentOf<"register">["capacity"]> {
    const { driver, limits = {} } = this.#options;
    const offered = { max_cpu: limits.maxCpu, max_memory: limits.maxMemoryGiB, max_sessions: limits.maxSessions };
    try {
      const { cores, memoryGiB, currentSessions } = await driver.capacity();
      return {
        ...offered,
        max_cpu: limits.maxCpu ?? cores,
        max_memory: limits.maxMemoryGiB ?? memoryGiB,
        current_sessions: currentSessions,
      };
    } catch {
      return offered;
    }
  }

  async #heartbeat(): Promise<void> {
    const { driver, name, log } = this.#options;
    try {
      const health = await driver.health();
      if (health.ok !== this.#engineIsThere) {
        this.#engineIsThere = health.ok;
        this.#events.note(
          health.ok ? "info" : "error",
          `node.${health.ok ? "healthy" : "degraded"}`,
          health.ok ? "The engine answers again" : health.reason,
        );
      }
      const usage = await driver.usage().catch(() => undefined);
      this.#connection.send({
        type: "heartbeat",
        agent_id: name,
        timestamp: this.#clock.now().toISOString(),
        capacity: health.ok ? await this.#capacity() : {},
        ...(usage ? { resource_usage: usage } : {}),
        status: health.ok ? "online" : "degraded",
        ...(health.ok ? {} : { status_reason: health.reason.slice(0, 500) }),
      });
    } catch (error) {
      log.error({ err: error }, "a heartbeat could not be made");
    }
  }

  /** What commands changed is probed as it is then; those that end together are looked at together. */
  #lookSoon(): void {
    this.#looking ??= this.#clock.after(LOOK_AFTER_MS, async () => {
      this.#looking = null;
      try {
        this.#probe((await this.#options.driver.inventory()).sessions);
      } catch (error) {
        this.#options.log.debug({ err: error }, `sessions were not looked at: ${wordsOf(error)}`);
      }
    });
  }

  /** One that is being started is its start's to wait for. */
  #probe(sessions: readonly SeenSession[]): void {
    this.#probing.sync(sessions.filter(({ sessionId }) => !this.#executor?.starting.has(sessionId)));
  }

  /** Taken again where a command ended meanwhile, so that it never says less than a result that went before it. */
  async #sendInventory(): Promise<void> {
    const { driver, name, log } = this.#options;
    try {
      for (let attempt = 0; attempt < 5; attempt++) {
        const before = this.#changes;
        const at = this.#clock.now();
        const found = await driver.inventory();
        if (this.#changes !== before && attempt < 4) continue;
        this.#probe(found.sessions);
        this.#connection.send(inventoryMessage(name, found, this.#executor?.starting ?? new Map(), at));
        return;
      }
    } catch (error) {
      // Without an answer of the engine nothing is said: an empty inventory would mean that all is gone.
      log.warn({ err: error }, `no inventory was sent: ${wordsOf(error)}`);
    }
  }
}
