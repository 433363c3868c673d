import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../../testing/factories";
import type { FakeAgent } from "../../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../../testing/service-kit";
import type { Asker } from "../../users/users-schema";

let kit: ServiceKit;
let owner: Asker;
let agent: FakeAgent;
const SECRET = "hunter2-and-nobody-else";

beforeAll(async () => {
  kit = await startServiceKit();
  owner = await makeAsker(kit);
  agent = await makeAgent(kit, { capacity: { max_cpu: 100, max_memory: 400, max_sessions: 100 } });
});
afterAll(() => kit.close());

const mine = () => kit.callerOf(owner);
const running = async () => (await makeRunningSession(kit, owner, agent)).id;
const startData = async (type: "start_session" | "wake_session") => {
  const command = await agent.command(type);
  return { command, environment: Object(Reflect.get(Object(command.data), "environment")) };
};
/** Every row of every table, as text. */
async function wholeDatabase(): Promise<string> {
  const tables = await kit.database.$queryRaw<{ name: string }[]>`
    SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`;
  const rows = await Promise.all(
    tables.map(({ name }) => kit.database.$queryRawUnsafe<{ text: string }[]>(`SELECT row_to_json(t)::text AS text FROM ${name} t`)),
  );
  return rows
    .flat()
    .map(({ text }) => text)
    .join("\n");
}

describe("a session's environment", () => {
  it("is in no row of the database in plain, while its task is open and after, and comes to the agent whole", async () => {
    const { id } = await mine().sessions.create({ template: "terminal-desktop", agentId: agent.name, environment: { TOKEN: SECRET } });
    const { command, environment } = await startData("start_session");
    expect(environment).toMatchObject({ TOKEN: SECRET });
    expect(await wholeDatabase()).not.toContain(SECRET);
    await agent.acknowledge(command);
    await agent.complete(command, { container_id: "c-1", pod_name: "p", hibernate_modes: ["stop"] });
    const task = await kit.database.task.findFirstOrThrow({ where: { sessionId: id } });
    expect([task.state, task.environmentSealed]).toEqual(["completed", null]);
    expect(await wholeDatabase()).not.toContain(SECRET);
  });

  it("comes to an agent that polls as it does by channel", async () => {
    const { id } = await mine().sessions.create({ template: "terminal-desktop", agentId: agent.name, environment: { TOKEN: SECRET } });
    const { command } = await startData("start_session");
    const row = await kit.database.task.findUniqueOrThrow({ where: { id: command.command_id } });
    expect(row).toMatchObject({ sessionId: id, payload: { environment: {} } });
    expect(kit.handOut.shown({ ...row, agentId: agent.id }).payload).toMatchObject({ environment: { TOKEN: SECRET } });
    await agent.acknowledge(command);
    await agent.complete(command, { container_id: "c-0", pod_name: "p", hibernate_modes: ["stop"] });
  });

  it("is shown by nothing that shows sessions and tasks, to nobody", async () => {
    const { id } = await mine().sessions.create({ template: "terminal-desktop", agentId: agent.name, environment: { TOKEN: SECRET } });
    const { command } = await startData("start_session");
    await agent.acknowledge(command);
    await agent.complete(command, { container_id: "c-2", pod_name: "p", hibernate_modes: ["stop"] });
    const task = await kit.database.task.findFirstOrThrow({ where: { sessionId: id } });
    const asked = await Promise.all(
      [owner, await makeAsker(kit, "operator"), await makeAsker(kit, "admin")].map(async (asker) => {
        const caller = kit.callerOf(asker);
        return [
          await caller.sessions.get({ id }),
          await caller.sessions.list({ limit: 100 }),
          await caller.sessions.events({ id }),
          await caller.tasks.get({ id: task.id }),
          await caller.tasks.list({ limit: 100 }),
          await caller.tasks.logs({ id: task.id }),
          await caller.containers.health({ containerId: id }),
          await caller.containers.healthSummary({}),
          asker.role === "operator" ? null : await caller.containers.env({ containerId: id }),
          asker.role === "admin" ? await caller.audit.list({ limit: 100 }) : null,
        ];
      }),
    );
    expect(JSON.stringify(asked, (_, value) => (typeof value === "bigint" ? String(value) : value))).not.toContain(SECRET);
    expect((await mine().containers.env({ containerId: id })).variables).toContainEqual(
      expect.objectContaining({ name: "TOKEN", value: null, origin: "session", readable: true, changedBy: owner.username }),
    );
  });

  it("is revealed to its owner, whole or by name, which stands in the audit log, and to no administrator", async () => {
    const id = await running();
    await mine().containers.updateEnv({ containerId: id, env: { A: "1", B: "2" } });
    const { variables } = await mine().containers.env({ containerId: id, reveal: true, names: ["B"] });
    expect(variables.filter(({ value }) => value !== null).map(({ name, value }) => [name, value])).toEqual([["B", "2"]]);
    expect((await mine().containers.env({ containerId: id, reveal: true })).variables).toContainEqual(
      expect.objectContaining({ name: "A", value: "1" }),
    );
    const revealed = await kit.database.auditEntry.findMany({ where: { action: "sessions.reveal_environment", targetId: id } });
    expect(revealed.map(({ details }) => Reflect.get(Object(details), "variables"))).toEqual([["B"], "all"]);
    const admin = kit.callerOf(await makeAsker(kit, "admin"));
    expect((await admin.containers.env({ containerId: id })).variables.map(({ value }) => value)).not.toContain("1");
    await expect(admin.containers.env({ containerId: id, reveal: true })).rejects.toThrow("may not");
    await expect(admin.containers.updateEnv({ containerId: id, env: { A: "x" } })).rejects.toThrow("may not");
  });

  it("is changed at the next start, says so until then, and no longer when the old values are back", async () => {
    const id = await running();
    const set = (value: string | null) => mine().containers.updateEnv({ containerId: id, env: { MODE: value } });
    expect(await set("fast")).toMatchObject({ changed: ["MODE"], restartRequired: true, restarted: false });
    expect(await set("fast")).toMatchObject({ changed: [], restartRequired: true });
    expect((await mine().containers.env({ containerId: id })).restartRequired).toBe(true);
    expect(await set(null)).toMatchObject({ removed: ["MODE"], restartRequired: false });
    await set("slow");
    const hibernated = mine().sessions.setState({ id, state: "hibernated", mode: "stop" });
    await agent.complete(await agent.command("hibernate_session"), {});
    await hibernated;
    expect((await mine().containers.env({ containerId: id })).restartRequired).toBe(false);
    const woken = mine().sessions.setState({ id, state: "running" });
    const { command, environment } = await startData("wake_session");
    expect(environment).toMatchObject({ MODE: "slow" });
    await agent.complete(command, { container_id: "c-3", pod_name: "p", hibernate_modes: ["stop"] });
    await woken;
    expect((await mine().containers.env({ containerId: id })).restartRequired).toBe(false);
  });

  it("stays what it was in a session that was frozen and thawed", async () => {
    const id = await running();
    const frozen = mine().sessions.setState({ id, state: "hibernated", mode: "freeze" });
    await agent.complete(await agent.command("hibernate_session"), {});
    await frozen;
    expect(await mine().containers.updateEnv({ containerId: id, env: { MODE: "new" }, restart: true })).toMatchObject({
      ...{ restartRequired: true, restarted: false, message: expect.stringContaining("does not run now") },
    });
    const woken = mine().sessions.setState({ id, state: "running" });
    await agent.complete(await agent.command("wake_session"), { container_id: "c-4", pod_name: "p", hibernate_modes: ["freeze"] });
    await woken;
    expect((await mine().containers.env({ containerId: id })).restartRequired).toBe(true);
  });

  it("restarts when asked to, and only where the container has other values", async () => {
    const id = await running();
    const answer = mine().containers.updateEnv({ containerId: id, env: { MODE: "now" }, restart: true });
    await agent.complete(await agent.command("hibernate_session"), {});
    const { command, environment } = await startData("wake_session");
    expect(environment).toMatchObject({ MODE: "now" });
    await agent.complete(command, { container_id: "c-5", pod_name: "p", hibernate_modes: ["stop"] });
    expect(await answer).toMatchObject({ restartRequired: false, restarted: true });
    const generation = async () => (await kit.database.session.findUniqueOrThrow({ where: { id } })).generation;
    const before = await generation();
    const again = await mine().containers.updateEnv({ containerId: id, env: { MODE: "now" }, secret: ["MODE"], restart: true });
    expect([again.restarted, await generation()]).toEqual([false, before]);
  });

  it("is refused as a whole for a reserved name, too much, an unknown secret and a version of before", async () => {
    const id = await running();
    const before = await mine().containers.env({ containerId: id });
    const change = (rest: object) => mine().containers.updateEnv({ containerId: id, env: {}, ...rest });
    await expect(change({ env: { A: "1", PATH: "/x" } })).rejects.toThrow("'PATH' is reserved: the image's programs are found by it");
    await expect(change({ env: { BERTH_DISPLAY_SOCKET: "/x" } })).rejects.toThrow("Berth sets these itself");
    await expect(change({ env: { "A B": "1" } })).rejects.toThrow();
    await expect(change({ env: { A: "nul\0" } })).rejects.toThrow("NUL");
    const big = Object.fromEntries([1, 2, 3, 4, 5].map((number) => [`A${number}`, "x".repeat(32_000)]));
    await expect(change({ env: big })).rejects.toThrow("128 KB together");
    const many = Object.fromEntries(Array.from({ length: 257 }, (_, number) => [`A${number}`, ""]));
    await expect(change({ env: many })).rejects.toThrow("more than 256");
    await expect(change({ secret: ["NOT_THERE"] })).rejects.toThrow("'NOT_THERE' is no variable");
    await expect(change({ env: { A: "1" }, version: before.version + 1 })).rejects.toMatchObject({
      message: expect.stringContaining("changed meanwhile"),
    });
    expect(await mine().containers.env({ containerId: id })).toEqual(before);
    expect((await change({ env: { A: "1" }, version: before.version })).version).toBe(before.version + 1);
  });

  it("tells who looks that it changed, and the timeline that, but not which", async () => {
    const id = await running();
    const heard: unknown[] = [];
    const off = kit.bus.subscribe((event) => void heard.push(event));
    await mine().containers.updateEnv({ containerId: id, env: { VERY_TELLING_NAME: "1" } });
    await vi.waitFor(() => expect(heard).toContainEqual({ kind: "inside", sessionId: id, userId: owner.userId, about: "environment" }));
    off();
    const said = (await mine().sessions.events({ id })).events.find(({ kind }) => kind === "environment_changed");
    expect(said?.message).toBe(`A variable was changed by ${owner.username}`);
  });
});

describe("variables of older versions", () => {
  it("are sealed at start-up, in sessions and tasks, and are then what they were", async () => {
    const id = await running();
    await kit.database
      .$executeRaw`UPDATE "Session" SET "environment" = ${JSON.stringify({ OLD: SECRET })}::jsonb, "environmentStarted" = NULL WHERE "id" = ${id}::uuid`;
    await kit.database
      .$executeRaw`UPDATE "Task" SET "payload" = jsonb_set("payload", '{environment}', ${JSON.stringify({ OLD: SECRET })}::jsonb) WHERE "sessionId" = ${id}::uuid`;
    const open = (
      await kit.database.$queryRaw<{ id: string }[]>`
      INSERT INTO "Task" ("id", "kind", "agentId", "sessionId", "payload", "updatedAt")
      SELECT gen_random_uuid(), 'session.wake', "agentId", "id", ${JSON.stringify({ environment: { OLD: SECRET } })}::jsonb, now() FROM "Session" WHERE "id" = ${id}::uuid
      RETURNING "id"`
    )[0]?.id;
    expect(await wholeDatabase()).toContain(SECRET);
    await kit.environmentJobs.sweep();
    expect(await wholeDatabase()).not.toContain(SECRET);
    const read = await mine().containers.env({ containerId: id, reveal: true });
    expect(read.variables).toContainEqual(expect.objectContaining({ name: "OLD", value: SECRET, changedBy: null }));
    expect(read.restartRequired).toBe(false);
    const row = await kit.database.task.findUniqueOrThrow({ where: { id: open ?? "" } });
    expect(kit.handOut.payloadOf({ ...row, agentId: row.agentId ?? "" })).toEqual({ environment: { OLD: SECRET } });
  });

  it("are sealed before they are read or changed, where the job has not come to them", async () => {
    const id = await running();
    await kit.database
      .$executeRaw`UPDATE "Session" SET "environment" = ${JSON.stringify({ OLD: "1", OTHER: "2" })}::jsonb WHERE "id" = ${id}::uuid`;
    await mine().containers.updateEnv({ containerId: id, env: { OLD: null } });
    await kit.environmentJobs.sweep();
    expect(
      (await mine().containers.env({ containerId: id, reveal: true })).variables.filter(({ origin }) => origin === "session"),
    ).toMatchObject([{ name: "OTHER", value: "2" }]);
  });

  it("that no key opens any more are named, left out of a start, and can be set again", async () => {
    const id = await running();
    await mine().containers.updateEnv({ containerId: id, env: { A: "1", B: "2" } });
    const [a] = await kit.database.sessionVariable.findMany({ where: { sessionId: id, name: "A" } });
    // As if it were copied from another row.
    await kit.database.sessionVariable.update({
      where: { sessionId_name: { sessionId: id, name: "B" } },
      data: { valueSealed: a?.valueSealed ?? "" },
    });
    expect((await mine().containers.env({ containerId: id, reveal: true })).variables).toContainEqual(
      expect.objectContaining({ name: "B", value: null, readable: false }),
    );
    await mine().containers.updateEnv({ containerId: id, env: { B: "3" } });
    expect((await mine().containers.env({ containerId: id, reveal: true })).variables).toContainEqual(
      expect.objectContaining({ name: "B", value: "3", readable: true }),
    );
  });
});
