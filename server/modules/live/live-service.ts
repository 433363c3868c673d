import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Ids } from "../../platform/ids";
import type { AuthService } from "../users/auth-service";
import type { Login } from "../users/users-schema";
import { EventRing, type Numbered } from "./event-ring";
import { heardBy } from "./live-policy";
import type { LiveEvent } from "./live-schema";
import { TaskWords } from "./task-words";

const RING_SIZE = 2_000;
/** A listener that is this far behind reads everything again instead. */
const QUEUE_LIMIT = 1_000;
const OWNERS_KEPT = 10_000;

export interface LiveDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly auth: Pick<AuthService, "current">;
  /** Null where there is no such session (any more). */
  readonly ownerOfSession: (sessionId: string) => Promise<string | null>;
}

interface Listener {
  readonly take: (event: Numbered<BusEvent>) => void;
}

/** Tells browsers *that* something changed, by id. Remembers the last 2,000 events, so that a short break costs nothing. */
export class LiveService {
  private readonly ring: EventRing<BusEvent>;
  private readonly owners = new Map<string, string>();
  private readonly listeners = new Set<Listener>();
  private unsubscribe: (() => void) | null = null;

  constructor(private readonly deps: LiveDeps) {
    this.ring = new EventRing(deps.ids.suffix(), RING_SIZE);
  }

  start(): void {
    const words = new TaskWords(this.deps.clock, (event) => {
      const numbered = this.ring.add(event);
      for (const listener of this.listeners) listener.take(numbered);
    });
    this.unsubscribe = this.deps.bus.subscribe((event) => {
      if (event.kind === "session") this.remember(event.sessionId, event.userId);
      words.take(event);
    });
  }

  stop(): void {
    this.unsubscribe?.();
  }

  /** Ends when the signal does, or the login. Begins with what came after `lastEventId`, or with `resync` where that can't be told. */
  async *events(
    login: Login,
    lastEventId: string | null,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<{ id: string; event: LiveEvent }> {
    let queue: Numbered<BusEvent>[] = [];
    let overflown = false;
    let wake: () => void = () => {};
    const listener: Listener = {
      take: (event) => {
        if (queue.length < QUEUE_LIMIT) queue.push(event);
        else overflown = true;
        wake();
      },
    };
    const onAbort = () => wake();
    signal?.addEventListener("abort", onAbort);
    this.listeners.add(listener);
    try {
      const missed = lastEventId === null ? null : this.ring.after(lastEventId);
      if (missed) queue = [...missed];
      else yield { id: this.ring.lastId, event: { kind: "resync" } };
      while (!signal?.aborted) {
        if (overflown) {
          overflown = false;
          queue = [];
          yield { id: this.ring.lastId, event: { kind: "resync" } };
        }
        const batch = queue;
        queue = [];
        for (const { id, value } of batch) {
          if (concerns(value, login) && !(await this.deps.auth.current(login))) return;
          const event = heardBy(login, value, await this.ownerOf(value));
          if (event) yield { id, event };
        }
        if (queue.length > 0 || overflown || signal?.aborted) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      this.listeners.delete(listener);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  private async ownerOf(event: BusEvent): Promise<string | null> {
    if (event.kind !== "task" || event.sessionId === null) return null;
    const known = this.owners.get(event.sessionId);
    if (known !== undefined) return known;
    const owner = await this.deps.ownerOfSession(event.sessionId);
    if (owner !== null) this.remember(event.sessionId, owner);
    return owner;
  }

  private remember(sessionId: string, userId: string): void {
    if (this.owners.size >= OWNERS_KEPT) this.owners.clear();
    this.owners.set(sessionId, userId);
  }
}

const concerns = (event: BusEvent, login: Login): boolean =>
  (event.kind === "access" && event.userId === login.userId) || (event.kind === "logout" && event.loginId === login.loginId);
