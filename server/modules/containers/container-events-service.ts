import { BerthError } from "@berth/protocol/errors";
import type { FileChange, WatchLine } from "@berth/protocol/session-watch";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Log } from "../../platform/log";
import type { FileWatches } from "../files/file-watches";
import { maySessions } from "../sessions/sessions-policy";
import type { SessionsService } from "../sessions/sessions-service";
import type { Login } from "../users/users-schema";
import type { ContainerEvent, ContainerEventData } from "./container-events-schema";

/** Sessions of one person whose folders are watched at a time: the newest. */
const MAX_WATCHED = 20;
const MAX_CHOSEN = 100;
const KNOWN_KEPT = 10_000;

export interface ContainerEventsDeps {
  readonly bus: Bus;
  readonly log: Log;
  readonly sessions: Pick<SessionsService, "ownerOf" | "list">;
  readonly watches: Pick<FileWatches, "follow">;
  /** How a container is now. Null: it isn't there any more. */
  readonly health: { read(containerId: string): Promise<ContainerEventData<"agent-health-update"> | null> };
  /** How the latest change of a container's version goes. Null: it had none. */
  readonly versions: { read(containerId: string): Promise<ContainerEventData<"agent-version-update"> | null> };
}

export interface ContainerListener {
  /** From now on only of those that were named. Throws AUTH_INSUFFICIENT_PERMISSIONS for another's, and VALIDATION_FAILED for too many. */
  subscribe(containerId: string): Promise<void>;
  /** Without any, of all of one's own again. */
  unsubscribe(containerId: string): void;
  close(): void;
}

interface Listener {
  readonly login: Login;
  readonly take: (event: ContainerEvent) => void;
  readonly chosen: Set<string>;
  /** How to stop watching, by session. */
  readonly watched: Map<string, () => void>;
  closed: boolean;
}

/** The contract's events, for who may hear them: of one's own containers all; of another's health and versions alone, for operators and administrators who ask for them. */
export class ContainerEvents {
  private readonly listeners = new Set<Listener>();
  /** The health that was told last, by session. */
  private readonly told = new Map<string, string>();
  private readonly reading = new Map<string, { again: boolean }>();
  private unsubscribe: (() => void) | null = null;

  constructor(private readonly deps: ContainerEventsDeps) {}

  start(): void {
    this.unsubscribe = this.deps.bus.subscribe((event) => this.hear(event));
  }

  stop(): void {
    this.unsubscribe?.();
    for (const listener of this.listeners) this.end(listener);
  }

  /** `take` is called for each event until the listener is closed; whoever opens it ends it with the login. */
  open(login: Login, take: (event: ContainerEvent) => void): ContainerListener {
    const listener: Listener = { login, take, chosen: new Set(), watched: new Map(), closed: false };
    this.listeners.add(listener);
    void this.watchFor(listener);
    return {
      subscribe: async (containerId) => {
        const userId = await this.deps.sessions.ownerOf(containerId);
        if (userId === null || maySessions(login, "see", { userId }) !== "allowed")
          throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", "You may not hear of another person's container");
        if (listener.chosen.size >= MAX_CHOSEN) throw new BerthError("VALIDATION_FAILED", `At most ${MAX_CHOSEN} containers can be named`);
        listener.chosen.add(containerId);
        await this.watchFor(listener);
      },
      unsubscribe: (containerId) => {
        listener.chosen.delete(containerId);
        void this.watchFor(listener);
      },
      close: () => this.end(listener),
    };
  }

  /** Said by whoever had a container's program read its configuration again. */
  configReloaded(containerId: string, ownerId: string, files: readonly string[]): void {
    for (const listener of this.of(containerId, ownerId, "private"))
      listener.take({ name: "agent-config-reloaded", data: { containerId, files: [...files] } });
  }

  private hear(event: BusEvent): void {
    if (event.kind === "session") {
      for (const listener of this.listeners) if (listener.login.userId === event.userId) void this.watchFor(listener);
      this.read(event.sessionId, event.userId, "session");
    }
    if (event.kind === "inside" && (event.about === "health" || event.about === "version"))
      this.read(event.sessionId, event.userId, event.about);
  }

  private of(containerId: string, ownerId: string, what: "condition" | "private"): Listener[] {
    return [...this.listeners].filter(({ login, chosen }) => {
      const own = login.userId === ownerId;
      if (chosen.size === 0) return own;
      return chosen.has(containerId) && (own || (what === "condition" && maySessions(login, "see", { userId: ownerId }) === "allowed"));
    });
  }

  /** One reading at a time for each; what changes meanwhile is read once more. */
  private read(containerId: string, ownerId: string, why: "session" | "health" | "version"): void {
    if (this.of(containerId, ownerId, "condition").length === 0) return;
    const key = `${why} ${containerId}`;
    const under = this.reading.get(key);
    if (under) {
      under.again = true;
      return;
    }
    const entry = { again: false };
    this.reading.set(key, entry);
    void this.tell(containerId, ownerId, why)
      .catch((error: unknown) => this.deps.log.debug({ err: error, containerId }, "a container's condition could not be told"))
      .finally(() => {
        this.reading.delete(key);
        if (entry.again) this.read(containerId, ownerId, why);
      });
  }

  private async tell(containerId: string, ownerId: string, why: "session" | "health" | "version"): Promise<void> {
    const event = await this.eventOf(containerId, why);
    if (event) for (const listener of this.of(containerId, ownerId, "condition")) listener.take(event);
  }

  private async eventOf(containerId: string, why: "session" | "health" | "version"): Promise<ContainerEvent | null> {
    if (why === "version") {
      const said = await this.deps.versions.read(containerId);
      return said && { name: "agent-version-update", data: said };
    }
    const said = await this.deps.health.read(containerId);
    // Of all that changes of a session, only another health is news here.
    if (!said || (why === "session" && this.told.get(containerId) === said.health)) return null;
    if (this.told.size >= KNOWN_KEPT) this.told.clear();
    this.told.set(containerId, said.health);
    return { name: "agent-health-update", data: said };
  }

  /** Makes right which of a person's running sessions are watched for this listener. */
  private async watchFor(listener: Listener): Promise<void> {
    const { login, chosen, watched } = listener;
    const wanted = new Set<string>();
    try {
      const { sessions } = await this.deps.sessions.list(login, {
        page: 1,
        limit: MAX_CHOSEN,
        live: true,
        sort: "createdAt",
        order: "desc",
        user: login.username,
      });
      for (const { id, status } of sessions)
        if (status.phase === "Running" && (chosen.size === 0 || chosen.has(id)) && wanted.size < MAX_WATCHED) wanted.add(id);
    } catch (error) {
      this.deps.log.debug({ err: error }, "what is to be watched could not be read; the next change of a session asks again");
      return;
    }
    if (listener.closed) return;
    for (const [id, stop] of watched) {
      if (wanted.has(id)) continue;
      stop();
      watched.delete(id);
    }
    for (const id of wanted)
      if (!watched.has(id))
        watched.set(
          id,
          this.deps.watches.follow(id, (line) => tellChanges(listener, id, line)),
        );
  }

  private end(listener: Listener): void {
    listener.closed = true;
    this.listeners.delete(listener);
    for (const stop of listener.watched.values()) stop();
    listener.watched.clear();
  }
}

function tellChanges({ take }: Listener, containerId: string, { changes, more }: WatchLine): void {
  for (const { path, action } of changes) take({ name: "agent-file-changed", data: { containerId, path, action } });
  // Too many to be told one by one: then their folder has changed.
  if (more > 0) take({ name: "agent-file-changed", data: { containerId, path: commonFolder(changes), action: "modified" } });
}

/** The deepest folder that all of them are in. */
export function commonFolder(changes: readonly FileChange[]): string {
  const [first = [], ...others] = changes.map(({ path }) => path.split("/").slice(0, -1));
  let length = first.length;
  for (const parts of others) {
    const differs = first.findIndex((part, at) => parts[at] !== part);
    if (differs >= 0) length = Math.min(length, differs);
  }
  return first.slice(0, length).join("/") || "/";
}
