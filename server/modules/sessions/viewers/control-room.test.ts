import type { ViewerMode } from "@berth/protocol/agent-messages";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ControlRoom, type Visitor, type VisitorKind } from "./control-room";

const person = (key: string, kind: VisitorKind, right: ViewerMode = "control"): Visitor => ({
  key,
  kind,
  name: key,
  userId: null,
  right,
  shareId: null,
  visitReason: null,
});
/** An administrator may come twice: to look, and to help. */
const visitors = [
  person("owner", "owner"),
  person("admin", "admin"),
  person("admin", "admin", "view"),
  person("friend", "invited"),
  person("watcher", "invited", "view"),
  person("ann", "guest"),
  person("bob", "guest", "view"),
];
const keys = [...new Set(visitors.map(({ key }) => key)), "nobody"];
const leads = (key: string | null) => key === "owner" || key === "admin";
const now = new Date("2026-11-22T10:00:00Z");

type Act =
  | { readonly do: "join"; readonly seat: string; readonly visitor: Visitor; readonly wants: ViewerMode }
  | { readonly do: "leave"; readonly seat: string }
  | { readonly do: "request" | "release"; readonly by: string }
  | { readonly do: "give"; readonly by: string; readonly to: string };

const seat = fc.constantFrom("1", "2", "3", "4", "5", "6");
const key = fc.constantFrom(...keys);
const wants = fc.constantFrom<ViewerMode>("control", "view");
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ do: fc.constant("join" as const), seat, visitor: fc.constantFrom(...visitors), wants }),
  fc.record({ do: fc.constant("leave" as const), seat }),
  fc.record({ do: fc.constantFrom("request" as const, "release" as const), by: key }),
  fc.record({ do: fc.constant("give" as const), by: key, to: key }),
);

/** A room, and beside it a plain list of who sits where. */
class Watched {
  readonly room = new ControlRoom();
  readonly seats = new Map<string, Visitor>();

  run(one: Act): void {
    switch (one.do) {
      case "join":
        // A seat's name is never used again while somebody sits there.
        if (this.seats.has(one.seat)) return;
        this.seats.set(one.seat, one.visitor);
        return this.room.join(one.seat, one.visitor, one.wants);
      case "leave":
        this.seats.delete(one.seat);
        return this.room.leave(one.seat);
      case "request":
        return void this.room.request(one.by, now);
      case "release":
        return void this.room.release(one.by);
      case "give":
        return void this.room.give(one.by, one.to);
    }
  }

  get controlling(): Visitor[] {
    return [...this.seats].flatMap(([id, visitor]) => (this.room.modeOf(id) === "control" ? [visitor] : []));
  }

  mayControl(who: string): boolean {
    return [...this.seats.values()].some((visitor) => visitor.key === who && visitor.right === "control");
  }
}

/** Whether `one` was a reason for control to come to `to`, as it was `before`. */
function justified(one: Act, to: string, before: { controller: string | null; requests: readonly string[] }): boolean {
  switch (one.do) {
    case "join":
      return before.controller === null && one.visitor.key === to && leads(to) && one.wants === "control";
    case "leave":
      return before.controller !== null && (to === "owner" || before.requests.includes(to));
    case "request":
      return one.by === to && (before.controller === null || leads(to));
    case "release":
      return one.by === before.controller && before.requests.find((asking) => asking !== one.by) === to;
    case "give":
      return one.to === to && (leads(one.by) || one.by === before.controller);
  }
}

// Left to itself, fast-check makes histories of five acts.
const histories = fc.array(act, { maxLength: 60, size: "max" });
const runs = { numRuns: 1_000 };

describe("whatever happens in a room", () => {
  it("at most one person types, and only one who is there and may", () => {
    fc.assert(
      fc.property(histories, (acts) => {
        const watched = new Watched();
        for (const one of acts) {
          watched.run(one);
          const { controller } = watched.room;
          for (const visitor of watched.controlling) expect(visitor).toMatchObject({ key: controller, right: "control" });
          if (controller !== null) expect(watched.mayControl(controller)).toBe(true);
        }
      }),
      runs,
    );
  });

  it("control changes hands only for a reason: it is taken by who leads, given, handed on, or free", () => {
    fc.assert(
      fc.property(histories, (acts) => {
        const watched = new Watched();
        for (const one of acts) {
          const before = { controller: watched.room.controller, requests: [...watched.room.requests.keys()] };
          watched.run(one);
          const { controller } = watched.room;
          if (controller !== null && controller !== before.controller) expect(justified(one, controller, before)).toBe(true);
        }
      }),
      runs,
    );
  });

  it("nobody who is not there, who has it already or who may not waits for control, and nobody waits while it is free", () => {
    fc.assert(
      fc.property(histories, (acts) => {
        const watched = new Watched();
        for (const one of acts) {
          watched.run(one);
          const { requests, controller } = watched.room;
          for (const asking of requests.keys()) expect(watched.mayControl(asking) && asking !== controller).toBe(true);
          if (controller === null) expect(requests.size).toBe(0);
        }
      }),
      runs,
    );
  });

  it("the owner has it as soon as they say so, wherever they are", () => {
    fc.assert(
      fc.property(histories, (acts) => {
        const watched = new Watched();
        for (const one of acts) watched.run(one);
        if (!watched.mayControl("owner")) return;
        expect(watched.room.request("owner", now)).toBe(true);
        expect(watched.controlling.map((visitor) => visitor.key)).toContain("owner");
      }),
      runs,
    );
  });
});
