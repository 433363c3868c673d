import { BerthError, type ErrorCode } from "@berth/protocol/errors";
import { type AccessParameters, fileAccess } from "@berth/protocol/session-files";
import { type ReloadRequest, WATCH, type WatchLine } from "@berth/protocol/session-watch";
import type { Bus } from "../../../platform/bus";
import type { Clock, Timer } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import { toBerthError } from "../../../platform/errors";
import type { Log } from "../../../platform/log";
import type { AgentGateway } from "../../tasks/agent-gateway";
import type { SessionEventKind } from "../sessions-schema";
import { sessionMissing } from "../sessions-service";
import { findSession, insertEvent, type SessionRow } from "../sessions-store";
import type { AgentRequests } from "./agent-requests";
import { findHotReloads, type HotReloadSession, readConfigPrint, writeConfigPrint } from "./config-reloads-store";
import { placeOf, type SessionPlace } from "./session-reach";
import { KeptWatch } from "./watch-lines";

const LOOK_MS = 30_000;
/** Changes of sessions are gathered for so long before it is asked again which of them to watch. */
const GATHER_MS = 500;
const MAX_WATCHED = 500;
/** After the last change that was seen: what is deployed in several files is read again once. */
const QUIET_MS = 1000;
/** Between two signals to one session, also where its program writes into its configuration itself. */
const APART_MS = 10_000;
const MAX_FILES = 100;
/** What goes by: it is tried again when the session is reached again. */
const PASSING: readonly ErrorCode[] = ["AGENT_OFFLINE", "TUNNEL_FAILED", "TUNNEL_TIMEOUT", "SESSION_NOT_RUNNING"];

export interface ConfigReloadsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: Pick<AgentGateway, "isConnected">;
  readonly agentApi: AgentRequests;
  /** Told of each time that a program was asked to read its configuration again. Of what changed while nobody looked, the folder is named. */
  reloaded(sessionId: string, userId: string, files: readonly string[]): void;
}

/**
 * Watches the configuration of sessions whose template says so, and has their program read it again when it changed. What was read last is
 * written down, so that a change is followed by a signal also where the control plane, the agent or the way between them was away meanwhile.
 */
export class ConfigReloads {
  private readonly kept = new Map<string, KeptConfig>();
  private gathering: Timer | null = null;
  private looking: Promise<void> | null = null;
  private timer: Timer | null = null;
  private unsubscribe: (() => void) | null = null;

  constructor(private readonly deps: ConfigReloadsDeps) {}

  start(): void {
    this.timer = this.deps.clock.every(LOOK_MS, () => this.look());
    this.unsubscribe = this.deps.bus.subscribe((event) => {
      if (event.kind !== "session" && (event.kind !== "agent" || event.only === "usage")) return;
      this.gathering ??= this.deps.clock.after(GATHER_MS, () => {
        this.gathering = null;
        void this.look();
      });
    });
    void this.look();
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    this.timer?.cancel();
    this.gathering?.cancel();
    await this.looking;
    for (const kept of this.kept.values()) kept.stop();
    this.kept.clear();
  }

  /** Makes right which sessions are watched. */
  look(): Promise<void> {
    this.looking ??= this.reconcile()
      .catch((error: unknown) => this.deps.log.warn({ err: error }, "whose configuration to watch could not be read; tried again soon"))
      .finally(() => {
        this.looking = null;
      });
    return this.looking;
  }

  private async reconcile(): Promise<void> {
    const { database, gateway } = this.deps;
    const wanted = (await findHotReloads(database, MAX_WATCHED)).filter(({ agentId }) => gateway.isConnected(agentId));
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, kept] of this.kept) {
      if (ids.has(id)) continue;
      kept.stop();
      this.kept.delete(id);
    }
    for (const session of wanted) {
      const kept = this.kept.get(session.id);
      if (kept) await kept.look();
      else this.kept.set(session.id, new KeptConfig(this.deps, session));
    }
  }
}

/** The configuration of one session. */
class KeptConfig {
  private readonly watch: KeptWatch;
  private readonly files = new Set<string>();
  private due: Timer | null = null;
  private print = "";
  private reloadedAt = Number.NEGATIVE_INFINITY;
  private stopped = false;

  constructor(
    private readonly deps: ConfigReloadsDeps,
    private readonly session: HotReloadSession,
  ) {
    this.watch = new KeptWatch({
      agentApi: deps.agentApi,
      clock: deps.clock,
      open: async () => {
        const row = await this.row();
        return { target: placeOf(row, deps.clock.now(), WATCH), access: configAccess(session.accessParameters) };
      },
      line: (line, first) => this.line(line, first),
    });
  }

  stop(): void {
    this.stopped = true;
    this.due?.cancel();
    this.watch.stop();
  }

  look(): Promise<void> {
    return this.watch.look();
  }

  private async row(): Promise<SessionRow> {
    const row = await findSession(this.deps.database, this.session.id);
    if (!row) throw sessionMissing(this.session.id);
    return row;
  }

  private line({ changes, print }: WatchLine, first: boolean): void {
    this.print = print;
    for (const { path } of changes) if (this.files.size < MAX_FILES) this.files.add(path);
    if (first) void this.begin().catch((error: unknown) => this.failed(error));
    else if (changes.length > 0) this.soon();
  }

  private soon(): void {
    this.due?.cancel();
    const { clock } = this.deps;
    const wait = Math.max(QUIET_MS, this.reloadedAt + APART_MS - clock.now().getTime());
    this.due = clock.after(wait, () => this.reload().catch((error: unknown) => this.failed(error)));
  }

  /** A container that nobody watched yet has read what is there; one that was watched may have missed something. */
  private async begin(): Promise<void> {
    const { print } = this;
    const { generation, configPrint } = await this.row();
    const known = readConfigPrint(configPrint);
    if (known?.generation !== generation) await writeConfigPrint(this.deps.database, this.session.id, { generation, print });
    else if (known.print !== print) this.soon();
  }

  private async reload(): Promise<void> {
    if (this.stopped) return;
    const { database, clock, reloaded } = this.deps;
    const { print, session } = this;
    const row = await this.row();
    // It was written and put back as it was: nothing is new to its program.
    if (readConfigPrint(row.configPrint)?.print === print) return this.files.clear();
    const files = [...this.files];
    this.files.clear();
    const { reloadSignal: signal = "HUP", reloadProcess } = session.accessParameters;
    this.reloadedAt = clock.now().getTime();
    let problem: string | null;
    try {
      problem = await this.signal(placeOf(row, clock.now(), WATCH), { signal, process: reloadProcess ?? null });
    } catch (error) {
      for (const path of files) this.files.add(path);
      if (!this.stopped) this.soon();
      throw error;
    }
    await writeConfigPrint(database, session.id, { generation: row.generation, print });
    const whom = reloadProcess === undefined ? "its main process" : `'${reloadProcess}'`;
    // Whoever may see the timeline need not be one who may see files: no names.
    if (problem)
      return this.write(row, "config_reload_failed", `Its configuration changed, but ${whom} was not sent ${signal}: ${problem}`);
    const what =
      files.length === 0
        ? "Its configuration"
        : files.length === 1
          ? "A file of its configuration"
          : `${files.length} files of its configuration`;
    await this.write(row, "config_reloaded", `${what} changed; ${signal} was sent to ${whom}`);
    reloaded(session.id, row.userId, files.length > 0 ? files : [session.accessParameters.configDir ?? "/"]);
  }

  /** What is wrong, in words; null where it was sent. Throws what goes by. */
  private async signal(target: SessionPlace, request: ReloadRequest): Promise<string | null> {
    try {
      const { body } = await this.deps.agentApi.request(target, { method: "POST", path: "reload", body: JSON.stringify(request) });
      body.resume();
      return null;
    } catch (error) {
      const { code, message } = toBerthError(error);
      if (PASSING.includes(code)) throw error;
      return message;
    }
  }

  private async write(row: SessionRow, kind: SessionEventKind, message: string): Promise<void> {
    const { database, bus, clock } = this.deps;
    await insertEvent(database, { sessionId: row.id, at: clock.now(), kind, message, actorId: null });
    await bus.publish({ kind: "session", sessionId: row.id, userId: row.userId, agentId: row.agentId });
  }

  private failed(error: unknown): void {
    const known = error instanceof BerthError;
    this.deps.log[known ? "debug" : "warn"](
      { err: error, sessionId: this.session.id },
      "a configuration could not be followed; it is when the session is reached again",
    );
  }
}

function configAccess(parameters: AccessParameters) {
  const { configDir = "/" } = parameters;
  return fileAccess(configDir, { writablePaths: [configDir] });
}
