/** Workspaces: sessions of this agent. Those that were asked for here are stopped, restarted and removed here; the control plane's are only shown. */
import type { StartSessionData } from "@berth/protocol/agent-commands";
import { BerthError } from "@berth/protocol/errors";
import type { CreateWorkspace, Workspace } from "@berth/protocol/node-api";
import type { Clock } from "../../clock";
import type { Operation, SeenSession, SessionDriver } from "../../drivers/driver";
import { wordsOf } from "../../log";
import { clone } from "./clone";
import { type KeptWorkspace, KeptWorkspaces } from "./kept-workspaces";
import type { NodeEventLog } from "./node-events";

const DEFAULT_IMAGE = "berth/terminal-desktop:1";
const READY_SECONDS = 300;
const END_SECONDS = 30;

export interface NodeWorkspacesOptions {
  readonly dataDir: string;
  readonly driver: SessionDriver;
  readonly clock: Clock;
  readonly events: NodeEventLog;
  /** The containers are other ones now: the control plane is to hear of it. */
  changed(): void;
}

interface UnderWay {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

export class NodeWorkspaces {
  readonly #options: NodeWorkspacesOptions;
  readonly #kept: Promise<KeptWorkspaces>;
  /** Starts and restarts, by workspace. */
  readonly #underWay = new Map<string, UnderWay>();

  constructor(options: NodeWorkspacesOptions) {
    this.#options = options;
    this.#kept = KeptWorkspaces.open(options.dataDir);
  }

  async list(): Promise<Workspace[]> {
    const { sessions } = await this.#options.driver.inventory();
    const kept = await this.#kept;
    const seen = new Set(sessions.map(({ sessionId }) => sessionId));
    const gone = kept.entries().filter(([id]) => !seen.has(id));
    return [
      ...sessions.map((session) => this.#view(session.sessionId, session, kept.get(session.sessionId))),
      ...gone.map(([id, one]) => this.#view(id, undefined, one)),
    ];
  }

  /** Throws SESSION_NOT_FOUND. */
  async get(id: string): Promise<Workspace> {
    const found = (await this.list()).find(({ workspaceId }) => workspaceId === id);
    if (!found) throw missing(id);
    return found;
  }

  /** Answers at once; what becomes of it is in the workspace's status and events. Throws SESSION_ALREADY_EXISTS. */
  async create(wish: CreateWorkspace): Promise<Workspace> {
    const { workspaceId: id, repository, branch } = wish;
    const kept = await this.#kept;
    if (kept.get(id) || (await this.#seen(id))) throw new BerthError("SESSION_ALREADY_EXISTS", `Workspace ${id} is on this node already`);
    const workspace: KeptWorkspace = { spec: specOf(wish), repository, branch, problem: null };
    await kept.keep(id, workspace);
    this.#begin(id, "workspace.created", async (operation) => {
      await this.#options.driver.start({ sessionId: id, spec: workspace.spec }, operation);
      const problem = await clone(this.#options, id, workspace, operation.signal);
      if (problem !== null) this.#options.events.note("warn", "workspace.not_cloned", problem, id);
      else this.#options.events.note("info", "workspace.cloned", `${repository} (${branch}) was cloned`, id);
      return problem;
    });
    return this.#view(id, undefined, workspace);
  }

  /** Its processes end, its files stay. Throws SESSION_NOT_RUNNING. */
  async stop(id: string): Promise<Workspace> {
    await this.#own(id);
    const seen = await this.#seen(id);
    if (seen?.observed !== "running" || this.#underWay.has(id)) throw new BerthError("SESSION_NOT_RUNNING", `Workspace ${id} does not run`);
    await this.#options.driver.hibernate(
      { sessionId: id, generation: seen.generation, mode: "stop" },
      this.#operation(id, new AbortController().signal),
    );
    this.#options.events.note("info", "workspace.stopped", "It was stopped; its files are kept", id);
    this.#options.changed();
    return this.get(id);
  }

  /** One that runs is stopped first. Answers at once, as `create`. Throws SESSION_ALREADY_EXISTS where a start is under way. */
  async restart(id: string): Promise<Workspace> {
    const { kept, workspace } = await this.#own(id);
    if (this.#underWay.has(id)) throw new BerthError("SESSION_ALREADY_EXISTS", `Workspace ${id} is being started`);
    const seen = await this.#seen(id);
    const generation = Math.max(seen?.generation ?? 0, workspace.spec.generation) + 1;
    const next: KeptWorkspace = { ...workspace, spec: { ...workspace.spec, generation }, problem: null };
    await kept.keep(id, next);
    this.#begin(id, "workspace.restarted", async (operation) => {
      const { driver } = this.#options;
      if (seen?.observed === "running") await driver.hibernate({ sessionId: id, generation: seen.generation, mode: "stop" }, operation);
      await driver.wake({ sessionId: id, spec: next.spec }, operation);
      return null;
    });
    return this.#view(id, seen, next);
  }

  /** With its files. */
  async remove(id: string): Promise<void> {
    const { kept, workspace } = await this.#own(id);
    const underWay = this.#underWay.get(id);
    underWay?.abort.abort(new BerthError("COMMAND_CANCELLED", "The workspace was deleted"));
    await underWay?.done;
    const generation = Math.max((await this.#seen(id))?.generation ?? 0, workspace.spec.generation);
    const removeHome = workspace.spec.home?.volume ?? null;
    const operation = this.#operation(id, new AbortController().signal);
    await this.#options.driver.terminate({ sessionId: id, generation, graceful: true, timeoutSeconds: END_SECONDS, removeHome }, operation);
    await kept.forget(id);
    this.#options.events.note("info", "workspace.deleted", "It was deleted, with its files", id);
    this.#options.changed();
  }

  /** Ends what is under way: a start that did not get to its end leaves nothing behind. */
  async close(): Promise<void> {
    for (const { abort } of this.#underWay.values()) abort.abort(new BerthError("COMMAND_CANCELLED", "The agent ends"));
    await Promise.all([...this.#underWay.values()].map(({ done }) => done));
  }

  #begin(id: string, type: string, run: (operation: Operation) => Promise<string | null>): void {
    const { events, changed } = this.#options;
    const abort = new AbortController();
    events.note("info", type, "It is being started", id);
    const work = async () => {
      let problem: string | null;
      try {
        problem = await run(this.#operation(id, abort.signal));
        events.note("info", "workspace.running", "It runs", id);
      } catch (error) {
        problem = wordsOf(error);
        events.note("error", "workspace.failed", problem, id);
      }
      const kept = await this.#kept;
      const workspace = kept.get(id);
      if (workspace) await kept.keep(id, { ...workspace, problem });
    };
    const done = work()
      .catch((error: unknown) => events.note("error", "workspace.failed", `It could not be written down: ${wordsOf(error)}`, id))
      .finally(() => {
        this.#underWay.delete(id);
        changed();
      });
    this.#underWay.set(id, { abort, done });
  }

  async #own(id: string): Promise<{ kept: KeptWorkspaces; workspace: KeptWorkspace }> {
    const kept = await this.#kept;
    const workspace = kept.get(id);
    if (workspace) return { kept, workspace };
    if (!(await this.#seen(id))) throw missing(id);
    throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `Workspace ${id} is a session that the control plane keeps; change it there`);
  }

  async #seen(id: string): Promise<SeenSession | undefined> {
    return (await this.#options.driver.inventory()).sessions.find(({ sessionId }) => sessionId === id);
  }

  #operation(id: string, signal: AbortSignal): Operation {
    const { events } = this.#options;
    return {
      signal,
      report: (step, message) => events.note("info", `workspace.${step}`, message, id),
      log: (level, message) => events.note(level, "workspace.log", message, id),
    };
  }

  #view(id: string, seen: SeenSession | undefined, kept: KeptWorkspace | undefined): Workspace {
    const observed = seen?.observed ?? "failed";
    return {
      workspaceId: id,
      status: this.#underWay.has(id) ? "starting" : observed === "absent" || observed === "removed" ? "failed" : observed,
      reason: kept?.problem ?? seen?.reason ?? (seen ? null : "It has no container"),
      containerId: seen?.containerId ?? null,
      image: seen?.image ?? kept?.spec.image ?? null,
      repository: kept?.repository ?? null,
      branch: kept?.branch ?? null,
    };
  }
}

const missing = (id: string) => new BerthError("SESSION_NOT_FOUND", `There is no workspace ${id.slice(0, 100)} on this node`);

/** As a template of a desktop asks for it: `strict`, and a home of its own. */
function specOf({ workspaceId, image, resources, environment, display }: CreateWorkspace): StartSessionData {
  const port = display?.port ?? 5900;
  return {
    name: "workspace",
    namespace: "workspaces",
    user: "node-api",
    template: "workspace",
    image: image ?? DEFAULT_IMAGE,
    resources: resources ?? { memory: "2Gi", cpu: "1000m" },
    vnc: { port },
    persistent_home: true,
    environment: environment ?? {},
    generation: 1,
    display: { protocol: display?.protocol ?? "rfb", port, unix_socket: display === undefined, path: "/" },
    security: "strict",
    home: { volume: `berth-home-${workspaceId}`, path: "/home/user" },
    shm_size_bytes: 64 * 1024 * 1024,
    pids_limit: 512,
    hibernate_mode: "stop",
    ready_timeout_seconds: READY_SECONDS,
  };
}
