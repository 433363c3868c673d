import { VIEWER_UPDATE, type ViewerMode, type ViewerPolicy } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { SessionPolicy } from "@berth/protocol/session-policy";
import type { Bus } from "../../../platform/bus";
import type { Clock, Timer } from "../../../platform/clock";
import type { Ids } from "../../../platform/ids";
import type { Log } from "../../../platform/log";
import type { AgentGateway } from "../../tasks/agent-gateway";
import type { SessionViewer } from "../sharing/shares-schema";
import { ControlRoom, type Visitor } from "./control-room";

/** How long a viewer may outlive its right where the bus lost the word of it, or where the right ran out by itself. */
const SWEEP_MS = 5_000;
const MAX_SCREENS = 50;

/** What holds for a session's viewers now. */
export interface Standing {
  /** It is to run, and its owner may come in. */
  readonly open: boolean;
  readonly policy: SessionPolicy;
  /** Rights by invitation. Those that ran out are not among them, and none is where the policy allows no sharing. */
  readonly shares: ReadonlyMap<string, ViewerMode>;
}

export interface ViewerRoomsDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly gateway: AgentGateway;
  /** Null where there is no such session. */
  readonly standing: (sessionId: string) => Promise<Standing | null>;
}

export interface ScreenRequest {
  readonly sessionId: string;
  readonly ownerId: string;
  readonly agentId: string;
  readonly capabilities: readonly string[];
  readonly policy: SessionPolicy;
  readonly visitor: Visitor;
  readonly wants: ViewerMode;
  /** Cuts the viewer's socket. */
  readonly end: () => void;
}

export interface Screen {
  /** What the agent is asked for; `proxyId` is how it knows this viewer from then on. */
  terms(proxyId: string): { mode: ViewerMode; policy: ViewerPolicy };
  /**
   * Whether this viewer may still come in, asked once it has its place: what was taken back between its ticket's check and its entering
   * was heard by nobody. One that may not is cut.
   */
  confirm(): Promise<void>;
  opened(): void;
  leave(): void;
}

interface Open extends ScreenRequest {
  proxyId: string | null;
  since: Date | null;
  sent: string;
}

interface Room {
  readonly control: ControlRoom;
  readonly screens: Map<string, Open>;
  policy: SessionPolicy;
}

/** An older agent can't hand over control: there everyone has the mode that they came with. */
const isArbitrated = (screen: Pick<Open, "capabilities">): boolean => screen.capabilities.includes(VIEWER_UPDATE);

const isEnforceable = (screen: ScreenRequest, policy: SessionPolicy): boolean =>
  isArbitrated(screen) || (policy.clipboardIn && policy.clipboardOut && screen.visitor.shareId === null);

/** Throws AGENT_TOO_OLD where the agent can't keep this viewer to what it may do: a restricted screen is never opened by one. */
function demandEnforcement(request: ScreenRequest): void {
  if (isEnforceable(request, request.policy)) return;
  const what = request.visitor.shareId !== null ? "share a screen" : "keep a clipboard closed";
  throw new BerthError("AGENT_TOO_OLD", `The agent of this session is too old to ${what}; update it`);
}

/**
 * Who looks at which screen now, and who controls it. It lives in this process, as the viewers' sockets and their agents' channels do;
 * what they may do is read from the database whenever it may have changed.
 */
export class ViewerRooms {
  private readonly rooms = new Map<string, Room>();
  /** Checks under way; `again`: something changed after it began to read. */
  private readonly checks = new Map<string, { again: boolean; readonly done: Promise<void> }>();
  private timer: Timer | null = null;
  private unsubscribe: (() => void) | null = null;

  constructor(private readonly deps: ViewerRoomsDeps) {}

  start(): void {
    this.unsubscribe = this.deps.bus.subscribe((event) => {
      if (event.kind === "session" || event.kind === "viewers") void this.recheck(event.sessionId);
      if (event.kind === "access") for (const [id, room] of this.rooms) if (ownerOf(room) === event.userId) void this.recheck(id);
    });
    this.timer = this.deps.clock.every(SWEEP_MS, async () => {
      for (const id of [...this.rooms.keys()]) await this.recheck(id);
    });
  }

  stop(): void {
    this.unsubscribe?.();
    this.timer?.cancel();
  }

  /** Throws AGENT_TOO_OLD, or RATE_LIMIT_EXCEEDED where too many look on already. */
  enter(request: ScreenRequest): Screen {
    demandEnforcement(request);
    const { sessionId } = request;
    const room = this.rooms.get(sessionId) ?? { control: new ControlRoom(), screens: new Map<string, Open>(), policy: request.policy };
    if (room.screens.size >= MAX_SCREENS)
      throw new BerthError("RATE_LIMIT_EXCEEDED", `${MAX_SCREENS} screens of this session are open already; close one first`);
    // Where others are here already, what they were last told is newer than what this one read on its way.
    this.rooms.set(sessionId, room);
    const id = this.deps.ids.uuid();
    const open: Open = { ...request, proxyId: null, since: null, sent: "" };
    room.screens.set(id, open);
    room.control.join(id, request.visitor, request.wants);
    return {
      terms: (proxyId) => {
        open.proxyId = proxyId;
        const terms = termsOf(room, id, open);
        open.sent = JSON.stringify(terms);
        return terms;
      },
      confirm: () => this.recheck(sessionId),
      opened: () => {
        open.since = this.deps.clock.now();
        this.push(sessionId, room);
        this.tell(sessionId, room);
      },
      leave: () => {
        if (!room.screens.delete(id)) return;
        room.control.leave(id);
        if (room.screens.size === 0 && this.rooms.get(sessionId) === room) this.rooms.delete(sessionId);
        this.push(sessionId, room);
        if (open.since) this.tell(sessionId, room, open);
      },
    };
  }

  /** Those whose screens are open, one entry a person; `key` is the asking one's. */
  viewers(sessionId: string, key: string): SessionViewer[] {
    const room = this.rooms.get(sessionId);
    const people = new Map<string, SessionViewer>();
    for (const { visitor, since } of room?.screens.values() ?? []) {
      if (!room || !since) continue;
      const known = people.get(visitor.key);
      people.set(visitor.key, {
        key: visitor.key,
        name: visitor.name,
        kind: visitor.kind,
        visit: visitor.kind === "admin" ? "admin" : null,
        reason: visitor.visitReason,
        right: visitor.right,
        controls: room.control.controller === visitor.key,
        requested: room.control.requests.has(visitor.key),
        since: known && known.since < since ? known.since : since,
        screens: (known?.screens ?? 0) + 1,
        you: visitor.key === key,
      });
    }
    return [...people.values()];
  }

  /** Throws AUTH_INSUFFICIENT_PERMISSIONS for what this person may not do now. */
  act(sessionId: string, key: string, action: "request" | "give" | "take" | "release", to: string | undefined): void {
    const room = this.rooms.get(sessionId);
    const visitor = room?.control.visitor(key);
    if (!room || !visitor) throw new BerthError("SESSION_NOT_RUNNING", "Open the screen first: control belongs to those who are there");
    if (action === "take" && visitor.kind !== "owner" && visitor.kind !== "admin") throw refused("take control; ask for it");
    const done =
      action === "release"
        ? room.control.release(key) || true
        : action === "give"
          ? room.control.give(key, to ?? "")
          : room.control.request(key, this.deps.clock.now());
    if (!done) throw refused(action === "give" ? "give control to them" : "have control of this screen");
    this.push(sessionId, room);
    this.tell(sessionId, room);
  }

  /**
   * Ends who may not look any more, and tells the agent what the others may. Resolves once what was so at the call is done. Never throws.
   * One at a time: an older answer of the database must not be carried out after a newer one.
   */
  recheck(sessionId: string): Promise<void> {
    const running = this.checks.get(sessionId);
    if (running) {
      running.again = true;
      return running.done;
    }
    if (!this.rooms.has(sessionId)) return Promise.resolve();
    const check = { again: true, done: Promise.resolve() };
    const run = async () => {
      while (check.again) {
        check.again = false;
        await this.check(sessionId);
      }
      this.checks.delete(sessionId);
    };
    this.checks.set(sessionId, check);
    check.done = run();
    return check.done;
  }

  private async check(sessionId: string): Promise<void> {
    const room = this.rooms.get(sessionId);
    if (!room) return;
    // Who comes while the answer is on its way may be let in by what is newer than it; they ask for themselves.
    const here = [...room.screens.values()];
    try {
      const standing = await this.deps.standing(sessionId);
      if (standing) room.policy = standing.policy;
      for (const open of here) if (!standing || !mayStay(open, standing)) open.end();
      this.push(sessionId, room);
    } catch (error) {
      this.deps.log.warn({ err: error, sessionId }, "a session's viewers could not be checked again; the next sweep does");
    }
  }

  /** Where the agent can't be told, the viewer ends: it may not go on with more than it should have. */
  private push(sessionId: string, room: Room): void {
    for (const [id, open] of [...room.screens]) {
      if (open.proxyId === null || !isArbitrated(open)) continue;
      const terms = termsOf(room, id, open);
      const text = JSON.stringify(terms);
      if (text === open.sent) continue;
      open.sent = text;
      const message = { type: "viewer_update" as const, session_id: sessionId, proxy_id: open.proxyId, ...terms };
      if (!this.deps.gateway.send(open.agentId, message)) open.end();
    }
  }

  private tell(sessionId: string, room: Room, left?: Open): void {
    const all = [...room.screens.values(), ...(left ? [left] : [])];
    const userId = all[0]?.ownerId;
    if (!userId) return;
    const audience = [...new Set(all.flatMap(({ visitor }) => visitor.userId ?? []))].filter((id) => id !== userId);
    this.deps.bus
      .publish({ kind: "viewers", sessionId, userId, audience })
      .catch((error: unknown) => this.deps.log.warn({ err: error, sessionId }, "nobody was told who looks at a screen"));
  }
}

const ownerOf = (room: Room): string | undefined => [...room.screens.values()][0]?.ownerId;
const refused = (what: string) => new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `You may not ${what}`);

function termsOf(room: Room, id: string, open: Open): { mode: ViewerMode; policy: ViewerPolicy } {
  const mode = isArbitrated(open) ? room.control.modeOf(id) : open.wants;
  return { mode, policy: { clipboard_in: room.policy.clipboardIn, clipboard_out: room.policy.clipboardOut } };
}

function mayStay(screen: Open, { open, shares, policy }: Standing): boolean {
  const { visitor } = screen;
  if (!open || !isEnforceable(screen, policy)) return false;
  return visitor.shareId === null || shares.get(visitor.shareId) === visitor.right;
}
