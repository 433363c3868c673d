import { type ToAgent, VIEWER_UPDATE } from "@berth/protocol/agent-messages";
import type { SessionPolicy } from "@berth/protocol/session-policy";
import { beforeEach, describe, expect, it } from "vitest";
import { systemIds } from "../../../platform/ids";
import { createLog } from "../../../platform/log";
import { TestClock } from "../../../testing/test-clock";
import type { Visitor } from "./control-room";
import { type Screen, type Standing, ViewerRooms } from "./viewer-rooms";

const policy = (clipboardOut: boolean): SessionPolicy => ({
  clipboardIn: true,
  clipboardOut,
  sharing: true,
  fileTransfer: true,
  thumbnails: true,
  terminals: true,
  ports: true,
});
const owner: Visitor = { key: "user:1", kind: "owner", name: "o", userId: "1", right: "control", shareId: null, visitReason: null };
const guest: Visitor = { key: "guest:1", kind: "guest", name: "g", userId: null, right: "view", shareId: "share", visitReason: null };
const standing = (clipboardOut: boolean, shared = true): Standing => ({
  open: true,
  policy: policy(clipboardOut),
  shares: new Map(shared ? [["share", "view"]] : []),
});

/** The database's answers, given in the order in which the test says so. */
let asked: ((standing: Standing) => void)[];
let sent: ToAgent[];
let rooms: ViewerRooms;
let ended: string[];

beforeEach(() => {
  [asked, sent, ended] = [[], [], []];
  rooms = new ViewerRooms({
    bus: { publish: async () => {}, subscribe: () => () => {}, beforehand: () => () => {}, close: async () => {} },
    clock: new TestClock(),
    ids: systemIds,
    log: createLog("silent"),
    gateway: { isConnected: () => true, send: (_agent, message) => sent.push(message) > 0, disconnect: () => {} },
    standing: () => new Promise((resolve) => asked.push(resolve)),
  });
});

function enter(visitor: Visitor, clipboardOut = true): Screen {
  const screen = rooms.enter({
    sessionId: "s",
    ownerId: "1",
    agentId: "a",
    capabilities: [VIEWER_UPDATE],
    policy: policy(clipboardOut),
    visitor,
    wants: "control",
    end: () => ended.push(visitor.name),
  });
  screen.terms(`proxy of ${visitor.name}`);
  return screen;
}
const clipboards = () => sent.flatMap((message) => (message.type === "viewer_update" ? [message.policy?.clipboard_out] : []));
const next = () => asked.shift() ?? (() => expect.unreachable("nothing was asked"));

describe("what viewers may do", () => {
  it("is never set back by an older answer: one asks again when the first is there", async () => {
    enter(owner);
    const first = rooms.recheck("s");
    const second = rooms.recheck("s");
    expect(asked).toHaveLength(1);
    next()(standing(true));
    await expect.poll(() => asked.length).toBe(1);
    next()(standing(false));
    await Promise.all([first, second]);
    expect(clipboards()).toEqual([false]);
  });

  it("is not loosened by one who comes with what was read before it was tightened", async () => {
    enter(owner);
    const tightened = rooms.recheck("s");
    next()(standing(false));
    await tightened;
    enter({ ...owner, name: "late" });
    rooms.act("s", owner.key, "release", undefined);
    expect(clipboards()).not.toContain(true);
  });

  it("is judged for those who were there when it was asked: one who comes meanwhile is let in by what is newer", async () => {
    enter(owner);
    const check = rooms.recheck("s");
    enter(guest);
    next()(standing(true, false));
    await check;
    expect(ended).toEqual([]);
  });

  it("is asked again by one who has come, and cuts them where it was taken back on their way", async () => {
    const screen = enter(guest);
    const confirmed = screen.confirm();
    next()(standing(true, false));
    await confirmed;
    expect(ended).toEqual(["g"]);
  });
});
