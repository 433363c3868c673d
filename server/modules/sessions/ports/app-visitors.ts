import type { Bus } from "../../../platform/bus";
import type { Clock, Timer } from "../../../platform/clock";
import type { Log } from "../../../platform/log";
import type { SessionViewer } from "../sharing/shares-schema";
import type { Visitor } from "../viewers/control-room";

/** A page that is read makes no requests: so long after the last one its reader is still said to be here. */
const HERE_FOR_MS = 60_000;
const SWEEP_MS = 15_000;

interface Here {
  visitor: Visitor;
  readonly ownerId: string;
  readonly since: Date;
  last: Date;
  open: number;
}

/** Who uses which session's web app by this control plane now: with a request or a WebSocket under way, or a moment ago. */
export class AppVisitors {
  private readonly sessions = new Map<string, Map<string, Here>>();
  private timer: Timer | null = null;

  constructor(private readonly deps: { readonly bus: Bus; readonly clock: Clock; readonly log: Log }) {}

  start(): void {
    this.timer = this.deps.clock.every(SWEEP_MS, () => this.sweep());
  }

  stop(): void {
    this.timer?.cancel();
  }

  /** For each request and socket. Returns how to leave, called once. */
  arrive(sessionId: string, ownerId: string, visitor: Visitor): () => void {
    const people = this.sessions.get(sessionId) ?? new Map<string, Here>();
    this.sessions.set(sessionId, people);
    const now = this.deps.clock.now();
    const known = people.get(visitor.key);
    const here = known ?? { visitor, ownerId, since: now, last: now, open: 0 };
    Object.assign(here, { visitor, last: now, open: here.open + 1 });
    people.set(visitor.key, here);
    if (!known) this.tell(sessionId, ownerId);
    return () => {
      here.open -= 1;
      here.last = this.deps.clock.now();
    };
  }

  /** Of what somebody came by and may no longer: they are gone at once. */
  sent(sessionId: string, key: string): void {
    const people = this.sessions.get(sessionId);
    const here = people?.get(key);
    if (!people || !here) return;
    people.delete(key);
    this.tell(sessionId, here.ownerId);
  }

  /** One entry a person; `key` is the asking one's. An app has no control to hand over. */
  viewers(sessionId: string, key: string): SessionViewer[] {
    return [...(this.sessions.get(sessionId)?.values() ?? [])].map(({ visitor, since, open }) => ({
      key: visitor.key,
      name: visitor.name,
      kind: visitor.kind,
      visit: visitor.kind === "admin" ? "admin" : null,
      reason: visitor.visitReason,
      right: visitor.right,
      controls: false,
      requested: false,
      since,
      screens: Math.max(1, open),
      you: visitor.key === key,
    }));
  }

  private sweep(): void {
    const before = this.deps.clock.now().getTime() - HERE_FOR_MS;
    for (const [sessionId, people] of this.sessions) {
      const gone = [...people].filter(([, here]) => here.open <= 0 && here.last.getTime() <= before);
      for (const [key] of gone) people.delete(key);
      if (people.size === 0) this.sessions.delete(sessionId);
      if (gone[0]) this.tell(sessionId, gone[0][1].ownerId);
    }
  }

  private tell(sessionId: string, userId: string): void {
    this.deps.bus
      .publish({ kind: "viewers", sessionId, userId, audience: [] })
      .catch((error: unknown) => this.deps.log.warn({ err: error, sessionId }, "nobody was told who uses an app"));
  }
}
