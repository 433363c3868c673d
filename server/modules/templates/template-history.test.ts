import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import { pngOf } from "../../testing/small-png";
import type { Asker } from "../users/users-schema";
import { createTemplateInput } from "./templates-schema";

let kit: ServiceKit;
let admin: Asker;
let other: Asker;
beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin", "ada");
  other = await makeAsker(kit, "admin", "bob");
});
afterAll(() => kit.close());

const input = (name: string, over: object = {}) =>
  createTemplateInput.parse({
    name,
    displayName: "Editor",
    category: "Tests",
    image: "berth/test:1",
    display: { protocol: "rfb", port: 5900 },
    defaultResources: { memory: "512Mi", cpu: "500m" },
    ...over,
  });
const as = (who: Asker) => kit.callerOf(who).templates;
const audited = async (action: string, id: string) =>
  (await kit.callerOf(admin).audit.list({ targetId: id })).entries.find((entry) => entry.action === action);

describe("versions", () => {
  it("say who wrote them and why, newest first, and hold words and picture too", async () => {
    await as(admin).create(input("told"));
    await as(other).update({ ...input("told", { displayName: "Editor 2", tags: ["new"] }), note: "new name", fromVersion: 1 });
    const { versions, pagination } = await as(admin).versions({ name: "told" });
    expect(pagination.total).toBe(2);
    expect(versions).toMatchObject([
      { version: 2, createdBy: "bob", note: "new name", current: true, restoredFrom: null },
      { version: 1, createdBy: "ada", note: null, current: false },
    ]);
    expect((await as(admin).version({ name: "told", version: 1 })).content).toMatchObject({ displayName: "Editor", tags: [] });
    expect((await as(admin).version({ name: "told", version: 2 })).content).toMatchObject({ displayName: "Editor 2", tags: ["new"] });
    await expect(as(admin).version({ name: "told", version: 3 })).rejects.toThrow(/no version 3; its newest is 2/);
  });

  it("are read page by page", async () => {
    await as(admin).create(input("paged"));
    for (const tag of [2, 3, 4]) await as(admin).update(input("paged", { image: `berth/test:${tag}` }));
    const first = await as(admin).versions({ name: "paged", limit: 3 });
    const second = await as(admin).versions({ name: "paged", limit: 3, cursor: first.pagination.nextCursor ?? "" });
    expect([...first.versions, ...second.versions].map((one) => one.version)).toEqual([4, 3, 2, 1]);
  });

  it("that were written before versions kept their words show those of now", async () => {
    await as(admin).create(input("older"));
    await as(admin).update(input("older", { displayName: "Renamed" }));
    const { id } = await as(admin).get({ name: "older" });
    await kit.database.$executeRaw`UPDATE "TemplateVersion" SET "presentation" = NULL WHERE "templateId" = ${id}::uuid`;
    const folder = readdirSync("prisma/migrations").find((name) => name.endsWith("_template_history")) ?? "";
    const sql = readFileSync(join("prisma/migrations", folder, "migration.sql"), "utf8");
    await kit.database.$executeRawUnsafe(sql.slice(sql.indexOf("UPDATE")));
    const rows = await kit.database.templateVersion.findMany({ where: { templateId: id }, orderBy: { version: "asc" } });
    expect(rows.map((row) => row.presentation)).toEqual([null, expect.objectContaining({ displayName: "Renamed", tags: [], icon: null })]);
    expect((await as(admin).version({ name: "older", version: 1 })).content).toMatchObject({ displayName: "Renamed" });
  });
});

describe("a change made from an older version", () => {
  it("is refused with the name of who was faster, and nothing of it is written", async () => {
    await as(admin).create(input("contested"));
    await as(other).update({ ...input("contested", { image: "berth/test:bob" }), fromVersion: 1 });
    const late = as(admin).update({ ...input("contested", { image: "berth/test:ada" }), fromVersion: 1 });
    await expect(late).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringContaining("bob wrote version 2"),
      cause: expect.objectContaining({ code: "TEMPLATE_CHANGED", details: expect.objectContaining({ changedBy: "bob", version: 2 }) }),
    });
    expect(await as(admin).get({ name: "contested" })).toMatchObject({ version: 2, image: "berth/test:bob" });
    await expect(as(admin).rollback({ name: "contested", version: 1, fromVersion: 1 })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("lets one of two at once through", async () => {
    await as(admin).create(input("at-once"));
    const both = await Promise.allSettled(
      ["a", "b"].map((tag) => as(admin).update({ ...input("at-once", { image: `t:${tag}` }), fromVersion: 1 })),
    );
    expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
  });
});

describe("roll-back", () => {
  it("writes a new version that is equal to the old one", async () => {
    const made = await as(admin).create(input("back", { environment: { A: "1" } }));
    await as(admin).update(input("back", { displayName: "Worse", image: "berth/test:2", security: "compatible" }));
    const restored = await as(other).rollback({ name: "back", version: 1, fromVersion: 2 });
    const { version: one, updatedAt: _1, ...before } = made;
    const { version: three, updatedAt: _2, ...after } = restored;
    expect([one, three]).toEqual([1, 3]);
    expect(after).toEqual(before);
    expect((await as(admin).versions({ name: "back" })).versions[0]).toMatchObject({ version: 3, restoredFrom: 1, createdBy: "bob" });
    expect(await audited("templates.roll_back", made.id)).toMatchObject({ actorName: "bob", details: { version: 3, restoredFrom: 1 } });
  });
});

describe("a copy", () => {
  it("has a life of its own", async () => {
    await as(admin).create(input("original", { tags: ["x"] }));
    const copy = await as(admin).clone({ name: "original", newName: "copy", displayName: "Copy" });
    expect(copy).toMatchObject({ name: "copy", displayName: "Copy", version: 1, tags: ["x"], image: "berth/test:1" });
    await as(admin).update(input("original", { image: "berth/test:9" }));
    expect(await as(admin).get({ name: "copy" })).toMatchObject({ image: "berth/test:1" });
    expect(await audited("templates.create", copy.id)).toMatchObject({ details: { clonedFrom: "original" } });
    await expect(as(admin).clone({ name: "original", newName: "copy" })).rejects.toThrow(/exists already/);
    await expect(as(admin).clone({ name: "original", newName: "new" })).rejects.toThrow(/name of a page/);
  });

  it("of what nobody tried says so too", async () => {
    expect(await as(admin).clone({ name: "webtop", newName: "webtop-2" })).toMatchObject({ tried: false });
  });
});

describe("files", () => {
  it("show what they would change, then create or update", async () => {
    await as(admin).create(input("filed"));
    const { yaml, fileName } = await as(admin).export({ name: "filed" });
    expect(fileName).toBe("filed.yaml");
    expect(await as(admin).previewImport({ yaml: yaml.replace("512Mi", "524288Ki") })).toMatchObject({ outcome: "same" });
    const changed = yaml.replace("512Mi", "1Gi");
    expect(await as(admin).previewImport({ yaml: changed })).toMatchObject({
      outcome: "update",
      incoming: { defaultResources: { memory: "1Gi" } },
      current: { version: 1, content: { defaultResources: { memory: "512Mi" } } },
    });
    expect(await as(admin).get({ name: "filed" })).toMatchObject({ version: 1 });
    expect(await as(admin).import({ yaml: changed, fromVersion: 1 })).toMatchObject({ created: false, template: { version: 2 } });
    await expect(as(admin).import({ yaml, fromVersion: 1 })).rejects.toMatchObject({ code: "CONFLICT" });
    const fresh = yaml.replace("name: filed", "name: filed-2");
    expect(await as(admin).previewImport({ yaml: fresh })).toMatchObject({ outcome: "create", current: null });
    expect(await as(admin).import({ yaml: fresh, fromVersion: null })).toMatchObject({
      created: true,
      template: { name: "filed-2", version: 1 },
    });
    await expect(as(admin).import({ yaml: fresh, fromVersion: null })).rejects.toThrow(/exists already/);
  });

  it("say how many sessions wait, and change that; a file without it leaves it alone", async () => {
    await as(admin).create(input("pooled"));
    const plain = (await as(admin).export({ name: "pooled" })).yaml;
    expect(plain).not.toContain("warmPool");
    await as(admin).setWarmPool({ name: "pooled", size: 2 });
    const { yaml } = await as(admin).export({ name: "pooled" });
    expect(yaml).toContain("warmPool:\n    size: 2\n");
    expect(await as(admin).previewImport({ yaml })).toMatchObject({ outcome: "same", warnings: [] });
    const more = yaml.replace("size: 2", "size: 5");
    expect(await as(admin).previewImport({ yaml: more })).toMatchObject({
      outcome: "update",
      warnings: ["Its warm pool will have 5 sessions instead of 2"],
    });
    expect((await as(admin).import({ yaml: more, fromVersion: 1 })).template).toMatchObject({ version: 2, warmPool: { size: 5 } });
    expect((await as(admin).import({ yaml: plain, fromVersion: 2 })).template).toMatchObject({ version: 3, warmPool: { size: 5 } });
    const fresh = yaml.replace("name: pooled", "name: pooled-2");
    expect((await as(admin).import({ yaml: fresh, fromVersion: null })).template).toMatchObject({ warmPool: { size: 2 } });
    const wrong = yaml.replace("size: 2", "size: 51");
    expect(await as(admin).previewImport({ yaml: wrong })).toMatchObject({
      outcome: "invalid",
      problems: [{ path: "spec.warmPool.size" }],
    });
  });

  it("that are wrong are refused with path and line", async () => {
    const yaml = (await as(admin).export({ name: "scratchpad" })).yaml.replace("port: 8080", "port: http");
    expect(await as(admin).previewImport({ yaml })).toMatchObject({ outcome: "invalid", problems: [{ path: "spec.display.port" }] });
    await expect(as(admin).import({ yaml, fromVersion: 1 })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringMatching(/line \d+, spec\.display\.port/),
    });
  });

  it("with an icon that was uploaded elsewhere come without it, and say so", async () => {
    const yaml = (await as(admin).export({ name: "scratchpad" })).yaml
      .replace("icon: notebook-pen", `icon: upload-${"0".repeat(32)}`)
      .replace("name: scratchpad", "name: pictureless");
    expect(await as(admin).previewImport({ yaml })).toMatchObject({
      incoming: { icon: null },
      warnings: [expect.stringContaining("upload-")],
    });
    expect((await as(admin).import({ yaml, fromVersion: null })).template.icon).toBeNull();
  });
});

describe("uploaded icons", () => {
  it("are there once however often they come, and only they can be named", async () => {
    const png = pngOf({ side: 24 }).toString("base64");
    const { icon } = await as(admin).uploadIcon({ png });
    expect(icon).toMatch(/^upload-[0-9a-f]{32}$/);
    expect(await as(other).uploadIcon({ png })).toEqual({ icon });
    expect((await as(admin).icons()).icons).toEqual([icon]);
    expect(await as(admin).create(input("pictured", { icon }))).toMatchObject({ icon });
    const missing = as(admin).create(input("unpictured", { icon: `upload-${"f".repeat(32)}` }));
    await expect(missing).rejects.toThrow(/There is no icon/);
    await expect(as(admin).uploadIcon({ png: Buffer.from("GIF89a").toString("base64") })).rejects.toThrow(/it is no PNG/);
  });
});

describe("use", () => {
  it("counts sessions that live, by version, and starts of thirty days", async () => {
    const agent = await makeAgent(kit);
    const [one, two] = [await makeAsker(kit), await makeAsker(kit)];
    await as(admin).create(input("used"));
    expect(await as(admin).usage({ name: "used" })).toMatchObject({ live: 0, startedEver: 0, lastStartedAt: null });
    const first = await makeRunningSession(kit, one, agent, "used");
    await as(admin).update(input("used", { image: "berth/test:2" }));
    await makeRunningSession(kit, two, agent, "used");
    await makeRunningSession(kit, two, agent, "used");
    const now = kit.clock.now().getTime();
    await kit.database.session.update({ where: { id: first.id }, data: { createdAt: new Date(now - 40 * 86_400_000) } });
    await kit.database.session.updateMany({ where: { userId: two.userId }, data: { createdAt: new Date(now) } });
    const usage = await as(admin).usage({ name: "used" });
    expect(usage).toMatchObject({ live: 3, running: 3, startedEver: 3, startedLast30Days: 2, peopleLast30Days: 1 });
    expect(usage.liveByVersion).toEqual([
      { version: 2, sessions: 2 },
      { version: 1, sessions: 1 },
    ]);
    expect(usage.days).toHaveLength(30);
    expect(usage.days.at(-1)).toEqual({ day: new Date(now).toISOString().slice(0, 10), started: 2 });
    expect(usage.lastStartedAt?.getTime()).toBe(now);
  });
});
