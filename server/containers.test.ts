import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Agent, createAgent } from "../agent/agent";
import { MemoryDriver } from "../agent/drivers/memory/memory-driver";
import { createLog } from "../agent/log";
import type { Asker } from "./modules/users/users-schema";
import { askDoor } from "./testing/door-calls";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";

let kit: DoorKit;
let agent: Agent;
let dataDir: string;
let owner: Asker;
let token: string;
const driver = new MemoryDriver();

beforeAll(async () => {
  kit = await startDoorKit();
  dataDir = await mkdtemp(join(tmpdir(), "berth-agent-"));
  const { credentials } = await kit.enrolAgent("host-a");
  const url = new URL(kit.origin);
  agent = createAgent({ url, name: "host-a", credentials, dataDir, driver, log: createLog("silent") });
  await agent.start();
  await agent.untilRegistered();
  owner = await makeAsker(kit);
  token = await kit.tokenOf(owner);
});
afterAll(async () => {
  await agent.stop();
  await kit.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function running(): Promise<string> {
  const own = kit.callerOf(owner);
  const { id } = await own.sessions.create({ template: "terminal-desktop", agentId: "host-a" });
  await vi.waitFor(async () => expect((await own.sessions.get({ id })).status.phase).toBe("Running"));
  return id;
}
async function ask(method: string, rest: string, bearer: string | null = token) {
  const headers: Record<string, string> = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
  const body = method === "GET" ? {} : { body: {} };
  const { status, text } = await askDoor(kit.port, { method, path: `/v1/agents/${rest}`, headers, ...body });
  return { status, body: JSON.parse(text) };
}

describe("a container, by the container control contract", () => {
  it("says what it uses: now, and the samples of the last hour", async () => {
    const id = await running();
    const { status, body } = await ask("GET", `${id}/stats`);
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({
        containerId: id,
        memory: expect.objectContaining({ usedBytes: 64 * 1024 * 1024 }),
        network: { receivedBytes: 1024, sentBytes: 2048 },
        pids: expect.objectContaining({ current: 3 }),
        history: [],
      }),
    ]);
    // The memory driver's sessions keep a tenth of a core busy.
    expect(body.cpu.percent).toBeCloseTo(10, 0);
  });

  it("tells what it uses each second, until whoever looks has gone", async () => {
    const id = await running();
    const gone = new AbortController();
    const lines: number[] = [];
    for await (const { pids } of kit.services.containers.liveStats(id, gone.signal)) {
      lines.push(pids.current);
      if (lines.length === 2) gone.abort();
    }
    expect(lines).toEqual([3, 3]);
  });

  it("is stopped, started and restarted, and is healthy while it runs", async () => {
    const id = await running();
    expect(await ask("POST", `${id}/stop`)).toMatchObject({
      status: 200,
      body: { containerId: id, state: "hibernated", phase: "Hibernated" },
    });
    expect((await ask("GET", `${id}/health`)).body).toMatchObject({ health: "stopped", resources: null });
    expect((await ask("GET", `${id}/stats`)).body).toMatchObject({ error: "session_not_running" });
    expect((await ask("POST", `${id}/start`)).body).toMatchObject({ state: "running", phase: "Running" });
    const before = driver.starts;
    expect((await ask("POST", `${id}/restart`)).body).toMatchObject({ phase: "Running" });
    expect(driver.starts).toBe(before + 1);
    expect((await ask("GET", `${id}/health`)).body).toMatchObject({ health: "healthy", resources: { pids: { current: 3 } } });
  });

  it("is unhealthy when it has died, and says why", async () => {
    const id = await running();
    driver.kill(id);
    await vi.waitFor(async () =>
      expect((await ask("GET", `${id}/health`)).body).toMatchObject({ health: "unhealthy", message: expect.stringContaining("137") }),
    );
  });

  it("is in the summary of its owner, and in no other's but who may ask for all", async () => {
    const id = await running();
    const idsIn = ({ body }: { body: { containers: { containerId: string }[] } }) => body.containers.map(({ containerId }) => containerId);
    const own = await ask("GET", "health");
    expect(own.body.summary.healthy).toBe(idsIn(own).length - own.body.summary.stopped - own.body.summary.unhealthy);
    expect(idsIn(own)).toContain(id);
    const other = await kit.tokenOf(await makeAsker(kit));
    expect(idsIn(await ask("GET", "health", other))).toEqual([]);
    const operator = await kit.tokenOf(await makeAsker(kit, "operator"));
    expect(idsIn(await ask("GET", "health", operator))).toEqual([]);
    expect(idsIn(await ask("GET", "health?all=true", operator))).toContain(id);
  });

  it("gives what it printed as one text", async () => {
    const id = await running();
    driver.print(id, "first\nsecond");
    await vi.waitFor(async () =>
      expect((await ask("GET", `${id}/logs?tail=2`)).body).toEqual({ containerId: id, logs: "first\nsecond\n" }),
    );
  });

  it("refuses in the contract's words: 401, 403 for another's, 404, 405 and 400", async () => {
    const id = await running();
    const other = await kit.tokenOf(await makeAsker(kit));
    expect(await ask("GET", `${id}/stats`, null)).toMatchObject({ status: 401, body: { error: "unauthorized" } });
    expect(await ask("GET", `${id}/stats`, "nonsense")).toMatchObject({ status: 401, body: { error: "unauthorized" } });
    expect(await ask("POST", `${id}/stop`, other)).toMatchObject({
      status: 403,
      body: { error: "forbidden", message: expect.any(String) },
    });
    const nobody = "00000000-0000-4000-8000-000000000000";
    expect(await ask("GET", `${nobody}/stats`)).toMatchObject({ status: 404, body: { error: "session_not_found" } });
    expect(await ask("GET", "no/such/path")).toMatchObject({ status: 404, body: { error: "not_found" } });
    expect(await ask("GET", `${id}/restart`)).toMatchObject({ status: 405, body: { error: "method_not_allowed" } });
    expect(await ask("GET", `${id}/logs?tail=0`)).toMatchObject({ status: 400, body: { error: "invalid_parameter" } });
    expect(Object.keys((await ask("GET", "no/such/path")).body)).toEqual(["error", "message"]);
  });
});
