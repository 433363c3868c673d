import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Agent, createAgent } from "../agent/agent";
import { MemoryDriver } from "../agent/drivers/memory/memory-driver";
import { createLog } from "../agent/log";
import type { Asker } from "./modules/users/users-schema";
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
  agent = createAgent({ url: new URL(kit.origin), name: "host-a", credentials, dataDir, driver, log: createLog("silent") });
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

const own = () => kit.callerOf(owner);
async function running(): Promise<string> {
  const { id } = await own().sessions.create({ template: "terminal-desktop", agentId: "host-a" });
  await vi.waitFor(async () => expect((await own().sessions.get({ id })).status.phase).toBe("Running"));
  return id;
}
const ask = (id: string, query: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  fetch(`${kit.origin}/api/v1/sessions/${id}/logs/stream${query}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(signal ? { signal } : {}),
  });

interface Told {
  readonly id: string | null;
  readonly text: string;
}
/** What is told until `enough`, then the connection is cut. */
async function readEvents(id: string, query: string, enough: (told: readonly Told[]) => boolean, lastId?: string): Promise<Told[]> {
  const over = new AbortController();
  const response = await ask(id, query, lastId === undefined ? {} : { "last-event-id": lastId }, over.signal);
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const told: Told[] = [];
  let text = "";
  try {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString("utf8");
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        if (block.startsWith("event: end")) return told;
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) told.push({ id: /^id: (.*)$/m.exec(block)?.[1] ?? null, text: JSON.parse(data).text });
        if (enough(told)) return told;
      }
    }
  } finally {
    over.abort();
  }
  return told;
}
const has = (text: string) => (told: readonly Told[]) => told.some((one) => one.text === text);

describe("a log as server-sent events", () => {
  it("goes on after the last line that was had, over a restart of the container, without loss or doubling", async () => {
    const id = await running();
    for (let number = 0; number < 50; number++) driver.print(id, `line ${number}`, number % 3 === 0 ? "stderr" : "stdout");
    const first = await readEvents(id, "?tail=1000", has("line 20"));
    driver.print(id, "while nobody looked");
    await own().containers.restart({ containerId: id });
    driver.print(id, "after the restart");
    const rest = await readEvents(id, "", has("after the restart"), first.at(-1)?.id ?? "");
    const lines = [...first, ...rest].map(({ text }) => text).filter((text) => /^line|looked$|^after/.test(text));
    expect(lines).toEqual([...Array.from({ length: 50 }, (_, number) => `line ${number}`), "while nobody looked", "after the restart"]);
    expect(rest.some(({ text }) => text.startsWith("The container of start 1 "))).toBe(true);
  });

  it("gives one stream, and what was printed since a moment", async () => {
    const id = await running();
    driver.print(id, "fine");
    driver.print(id, "broken", "stderr");
    expect((await readEvents(id, "?stream=stderr", has("broken"))).map(({ text }) => text)).toEqual(["broken"]);
    const later = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());
    expect(await readEvents(id, `?follow=false&since=${later}`, () => false)).toEqual([]);
    expect((await own().sessions.logs({ id, stream: "stdout", timestamps: false })).logs).toContain("fine");
    expect((await own().sessions.logs({ id, stream: "stdout" })).logs.join()).not.toContain("broken");
    expect((await own().containers.logs({ containerId: id, stream: "stderr" })).logs).toBe("broken\n");
  });

  it("is a file where text is asked for, whole and once", async () => {
    const id = await running();
    for (let number = 0; number < 3000; number++) driver.print(id, `row ${number}`);
    const response = await ask(id, "?format=text&timestamps=false");
    expect(response.headers.get("content-disposition")).toMatch(/^attachment; filename="[A-Za-z0-9._-]+\.log"$/);
    const rows = (await response.text()).split("\n").filter((row) => row.startsWith("row "));
    expect(rows).toEqual(Array.from({ length: 3000 }, (_, number) => `row ${number}`));
  });

  it.each(["?tail=x", "?stream=both", "?since=yesterday", "?what=else"])("refuses %s", async (query) => {
    expect((await ask(await running(), query)).status).toBe(400);
  });

  it("refuses a place that is none, a stranger, and by the container contract with 403", async () => {
    const id = await running();
    expect((await ask(id, "", { "last-event-id": "nonsense" })).status).toBe(400);
    const stranger = { authorization: `Bearer ${await kit.tokenOf(await makeAsker(kit))}` };
    expect((await ask(id, "", stranger)).status).toBe(404);
    expect((await fetch(`${kit.origin}/v1/agents/${id}/logs/stream`, { headers: stranger })).status).toBe(403);
  });
});

describe("the log of a session that is over", () => {
  it("is there to be read, says how its container ended, and goes when the session is deleted", async () => {
    const id = await running();
    driver.print(id, "last words", "stderr");
    await own().sessions.terminate({ id });
    const { logs } = await own().sessions.logs({ id, timestamps: false });
    expect(logs.slice(-2)).toEqual(["last words", "The container of start 1 was ended"]);
    const forget = vi.spyOn(driver, "forgetLogs");
    await own().sessions.delete({ id });
    await vi.waitFor(() => expect(forget).toHaveBeenCalledWith(id));
    forget.mockRestore();
  });

  it("is not there for one that never was started", async () => {
    const { id } = await own().sessions.create({ template: "terminal-desktop", agentId: "host-a", state: "hibernated" });
    await own().sessions.terminate({ id });
    await expect(own().sessions.logs({ id })).rejects.toMatchObject({ message: expect.stringContaining("no container") });
  });
});
