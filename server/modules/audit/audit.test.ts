import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { askDoor } from "../../testing/door-calls";
import { type DoorKit, startDoorKit } from "../../testing/door-kit";
import { makeAsker } from "../../testing/factories";
import type { Asker } from "../users/users-schema";
import { AuditJobs } from "./audit-jobs";

let kit: DoorKit;
let admin: Asker;
let authorization: string;
beforeAll(async () => {
  kit = await startDoorKit({ loginsPerMinute: 1_000 });
  admin = await makeAsker(kit, "admin");
  authorization = `Bearer ${await kit.tokenOf(admin)}`;
});
afterAll(() => kit.close());
beforeEach(async () => {
  await kit.database.auditEntry.deleteMany();
});

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const write = (
  rows: readonly {
    action?: string;
    actorName?: string;
    targetKind?: string;
    targetId?: string;
    address?: string;
    result?: string;
    at: Date;
  }[],
) => kit.database.auditEntry.createMany({ data: rows.map((row) => ({ actorKind: "user", action: "a.b", ...row })) });
const minutesOf = (rows: readonly { at: Date }[]) => rows.map((row) => row.at.getUTCMinutes());
const get = (query: string, headers: Record<string, string> = { authorization }) =>
  askDoor(kit.port, { method: "GET", path: `/api/v1/audit/export?${query}`, headers });

describe("the audit log", () => {
  it("is filtered by who, what, on what, from where and when", async () => {
    await write([
      { at: at(1), actorName: "ann", action: "sessions.create", targetKind: "session", targetId: "s1", address: "192.0.2.1" },
      { at: at(2), actorName: "bob", action: "sessions.create", targetKind: "session", targetId: "s2", address: "192.0.2.1" },
      {
        at: at(3),
        actorName: "ann",
        action: "users.create",
        targetKind: "user",
        targetId: "u1",
        address: "2001:db8::1",
        result: "refused",
      },
    ]);
    const list = async (filter: Parameters<ReturnType<DoorKit["callerOf"]>["audit"]["list"]>[0]) =>
      minutesOf((await kit.callerOf(admin).audit.list(filter)).entries);
    expect(await list({})).toEqual([3, 2, 1]);
    expect(await list({ actor: "ann" })).toEqual([3, 1]);
    expect(await list({ action: "sessions.create" })).toEqual([2, 1]);
    expect(await list({ targetKind: "user" })).toEqual([3]);
    expect(await list({ targetId: "s2" })).toEqual([2]);
    expect(await list({ address: "2001:db8::1" })).toEqual([3]);
    expect(await list({ result: "refused" })).toEqual([3]);
    expect(await list({ result: "succeeded" })).toEqual([2, 1]);
    expect(await list({ from: at(2).toISOString() })).toEqual([3, 2]);
    expect(await list({ to: "2026-01-01T01:03:00+01:00" })).toEqual([2, 1]);
    expect(await list({ actor: "ann", from: at(2).toISOString(), to: at(3).toISOString() })).toEqual([]);
    expect(await list({ from: "0000-01-01T00:00:00Z", action: "users.create" })).toEqual([3]);
    expect(await kit.callerOf(admin).audit.words()).toEqual({
      actions: ["sessions.create", "users.create"],
      targetKinds: ["session", "user"],
    });
  });

  it("has the sign-ins that were refused, with the name of who exists alone", async () => {
    const ann = await makeAsker(kit, "user");
    for (const username of [ann.username, "a password typed there"])
      await expect(kit.callerOf(null).auth.signIn({ username, password: "wrong" })).rejects.toThrow("Invalid username");
    const { entries } = await kit.callerOf(admin).audit.list({ action: "auth.sign_in" });
    const [nobody, known] = entries;
    expect(known).toMatchObject({
      actorKind: "user",
      actorName: ann.username,
      targetId: ann.userId,
      result: "refused",
      address: "192.0.2.1",
    });
    expect(nobody).toMatchObject({ actorKind: "nobody", actorName: null, targetId: null, result: "refused" });
    expect(JSON.stringify(nobody)).not.toContain("typed there");
  });

  it("has the changes that somebody may not make, and those that a quota refuses, but not what they may not read or wrote wrong", async () => {
    const ann = await makeAsker(kit, "user");
    const bob = await makeAsker(kit, "user");
    const agent = await kit.connectAgent("audited");
    const session = await kit.callerOf(bob).sessions.create({ template: "terminal-desktop" });
    await kit.callerOf(admin).users.update({ id: ann.userId, quota: { sessions: 0 } });
    await kit.database.auditEntry.deleteMany();
    const as = kit.callerOf(ann);
    await expect(as.users.update({ id: bob.userId, role: "admin" })).rejects.toThrow("may not");
    await expect(as.sessions.delete({ id: session.id })).rejects.toThrow("No session");
    await expect(as.sessions.create({ template: "terminal-desktop" })).rejects.toMatchObject({ cause: { code: "QUOTA_EXCEEDED" } });
    await expect(as.users.list({})).rejects.toThrow("may not");
    await expect(as.sessions.delete({ id: ann.userId })).rejects.toThrow("No session");
    const { entries } = await kit.callerOf(admin).audit.list({ actor: ann.username });
    expect(
      entries.map(({ action, targetKind, targetId, result, details }) => [action, targetKind, targetId, result, details.code]),
    ).toEqual([
      ["sessions.create", null, null, "refused", "QUOTA_EXCEEDED"],
      ["sessions.delete", "session", session.id, "refused", "SESSION_NOT_FOUND"],
      ["users.update", "user", bob.userId, "refused", "AUTH_INSUFFICIENT_PERMISSIONS"],
    ]);
    await agent.close();
  });

  it("goes on by cursor, also among entries of the same moment", async () => {
    await write(Array.from({ length: 7 }, (_, n) => ({ at: at(n < 5 ? 1 : 2), targetId: String(n) })));
    const seen: (string | null)[] = [];
    let cursor: string | undefined;
    do {
      const page = await kit.callerOf(admin).audit.list({ limit: 2, cursor });
      seen.push(...page.entries.map(({ targetId }) => targetId));
      cursor = page.pagination.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(["6", "5", "4", "3", "2", "1", "0"]);
  });
});

describe("its export", () => {
  it("has every entry that the filters let through, more than any page holds, and is itself written down", async () => {
    await write(Array.from({ length: 1_203 }, (_, n) => ({ at: at(0), targetKind: "session", targetId: String(n) })));
    await write([{ at: at(0), targetKind: "user" }]);
    const { status, text, headers } = await get("format=jsonl&target_kind=session");
    expect(status).toBe(200);
    expect(headers["content-disposition"]).toMatch(/^attachment; filename="berth-audit-\d{4}-\d\d-\d\d\.jsonl"$/);
    const ids = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).target_id);
    expect(ids).toEqual(Array.from({ length: 1_203 }, (_, n) => String(1_202 - n)));
    const entry = await kit.database.auditEntry.findFirstOrThrow({ where: { action: "audit.export" } });
    expect(entry).toMatchObject({ actorId: admin.userId, details: { format: "jsonl", targetKind: "session" } });
  });

  it("is CSV where nothing else is asked for, and no cell of it is a formula", async () => {
    await write([{ at: at(0), actorName: "=1+1" }]);
    const { text, headers } = await get("action=a.b");
    expect(headers["content-type"]).toContain("text/csv");
    expect(text.split("\r\n")[0]).toBe("id,at,actor_kind,actor_name,actor_token,action,target_kind,target_id,address,result,details");
    expect(text).toContain(`,"'=1+1",`);
  });

  it("refuses what it does not know, by the names that were sent", async () => {
    for (const query of ["format=xml", "colour=red", "actorId=x", "from=yesterday", "action=a&action=b", "action=%00"]) {
      expect(await get(query), query).toMatchObject({ status: 400, code: "INVALID_PARAMETER" });
    }
    expect((await get("format=xml", {})).status).toBe(401);
  });
});

describe("what is kept", () => {
  const jobs = (retentionDays: number) => new AuditJobs({ ...kit, retentionDays });
  const daysAgo = (days: number) => new Date(kit.clock.now().getTime() - days * 86_400_000);

  it("is what is younger than so many days, however many are older", async () => {
    await write(Array.from({ length: 2_100 }, () => ({ at: daysAgo(31) })));
    await write([{ at: daysAgo(29), action: "kept" }]);
    expect(await jobs(30).sweep()).toBe(2_100);
    expect((await kit.database.auditEntry.findMany()).map(({ action }) => action)).toEqual(["kept"]);
  });

  it("is everything where no days are set", async () => {
    await write([{ at: daysAgo(30_000) }]);
    expect(await jobs(0).sweep()).toBe(0);
    expect(await kit.database.auditEntry.count()).toBe(1);
  });
});
