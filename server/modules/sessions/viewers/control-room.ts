import type { ViewerMode } from "@berth/protocol/agent-messages";

/** `owner`: whose session it is. `admin`: visits, with a reason. `invited`: a signed-in person. `guest`: came by a link. */
export type VisitorKind = "owner" | "admin" | "invited" | "guest";

export interface Visitor {
  /** The person, whatever number of screens they have open: control is theirs, not a screen's. */
  readonly key: string;
  readonly kind: VisitorKind;
  readonly name: string;
  readonly userId: string | null;
  /** The most that they may have. */
  readonly right: ViewerMode;
  readonly shareId: string | null;
  /** Why an administrator is here. */
  readonly visitReason: string | null;
}

interface Seat {
  readonly visitor: Visitor;
  /** What this screen was opened for: one that was opened to watch types nothing before its person asks for control. */
  wants: ViewerMode;
}

/**
 * Who controls one session's desktop: one person at a time. The owner starts with it; others ask for it, are given it, give it back; the
 * owner and visiting administrators take it at any time. Pure: it sends and stores nothing.
 */
export class ControlRoom {
  readonly #seats = new Map<string, Seat>();
  readonly #requests = new Map<string, Date>();
  #controller: string | null = null;

  get controller(): string | null {
    return this.#controller;
  }

  /** Who asked for control, and since when. */
  get requests(): ReadonlyMap<string, Date> {
    return this.#requests;
  }

  /** Nobody controls: then an owner or administrator who comes to use the desktop does. */
  join(seatId: string, visitor: Visitor, wants: ViewerMode): void {
    this.#seats.set(seatId, { visitor, wants });
    if (this.#controller === null && wants === "control" && mayTake(visitor)) this.#hand(visitor.key);
  }

  /**
   * With the last screen on which whoever has it may type, control goes back to the owner, if they are here to use the desktop; else
   * whoever asked first has it.
   */
  leave(seatId: string): void {
    const key = this.#seats.get(seatId)?.visitor.key;
    this.#seats.delete(seatId);
    if (key === undefined || this.visitor(key)?.right === "control") return;
    this.#requests.delete(key);
    if (this.#controller !== key) return;
    this.#controller = null;
    const owner = [...this.#seats.values()].find(({ visitor, wants }) => visitor.kind === "owner" && wants === "control");
    if (owner) this.#hand(owner.visitor.key);
    else this.#handOn();
  }

  modeOf(seatId: string): ViewerMode {
    const seat = this.#seats.get(seatId);
    const controls = seat && seat.visitor.right === "control" && seat.wants === "control" && seat.visitor.key === this.#controller;
    return controls ? "control" : "view";
  }

  /** False: they may not have it, or are not here. Where nobody has control it is theirs at once. */
  request(key: string, now: Date): boolean {
    const visitor = this.visitor(key);
    if (visitor?.right !== "control") return false;
    if (this.#controller === null || mayTake(visitor)) this.#hand(key);
    else if (this.#controller !== key) this.#requests.set(key, this.#requests.get(key) ?? now);
    return true;
  }

  /** Gives up control, or takes back a request. Whoever asked first has it next. */
  release(key: string): boolean {
    if (this.#controller !== key) return this.#requests.delete(key);
    this.#controller = null;
    this.#handOn();
    return true;
  }

  /** Only by whoever has control, the owner or an administrator. False where the other may not have it, or isn't here. */
  give(by: string, to: string): boolean {
    const giver = this.visitor(by);
    if (!giver || !(mayTake(giver) || this.#controller === by)) return false;
    if (this.visitor(to)?.right !== "control") return false;
    this.#hand(to);
    return true;
  }

  /** With the most that they may have on any of their screens. */
  visitor(key: string): Visitor | null {
    const seats = this.#of(key);
    return (seats.find(({ visitor }) => visitor.right === "control") ?? seats[0])?.visitor ?? null;
  }

  #of(key: string): Seat[] {
    return [...this.#seats.values()].filter(({ visitor }) => visitor.key === key);
  }

  #handOn(): void {
    const [first] = this.#requests.keys();
    if (first !== undefined) this.#hand(first);
  }

  #hand(key: string): void {
    this.#controller = key;
    this.#requests.delete(key);
    const seats = this.#of(key).filter(({ visitor }) => visitor.right === "control");
    if (!seats.some((seat) => seat.wants === "control")) for (const seat of seats) seat.wants = "control";
  }
}

const mayTake = ({ kind, right }: Visitor): boolean => (kind === "owner" || kind === "admin") && right === "control";
