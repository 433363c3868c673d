import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryDriver } from "./drivers/memory/memory-driver";
import { createLog } from "./log";
import { runAgent } from "./testing/running-agent";
import { startData } from "./testing/start-data";

/** What the agent is told and is to keep to itself, by what it is. */
const secrets = {
  "a session's variable": "planted-variable-one",
  "the variable of a start that fails": "planted-variable-two",
  "a registry's password": "planted-registry-word",
  "a task's credentials": "planted-task-word",
  "a task's variable": "planted-task-variable",
  "what is in a command that is not understood": "planted-in-nonsense",
};
const found = (text: string, more: Readonly<Record<string, string>> = {}): string[] =>
  Object.entries({ ...secrets, ...more }).flatMap(([kind, secret]) => (text.includes(secret) ? [kind] : []));

const lines: string[] = [];
let running: Awaited<ReturnType<typeof runAgent<MemoryDriver>>>;
let own: Record<string, string>;

beforeAll(async () => {
  running = await runAgent(new MemoryDriver(), { log: createLog("trace", { write: (line: string) => void lines.push(line) }) });
  const { plane } = running;
  own = { "its credential": plane.credential };
  const session = randomUUID();
  const login = { registry_auth: { username: "puller", password: secrets["a registry's password"] } };
  const started = startData({ environment: { TOKEN: secrets["a session's variable"] }, ...login });
  expect((await plane.result(plane.command("start_session", session, started))).status).toBe("completed");
  const refused = startData({
    environment: { TOKEN: secrets["the variable of a start that fails"] },
    image: "memory/fail:IMAGE_NOT_FOUND",
    ...login,
  });
  expect((await plane.result(plane.command("start_session", randomUUID(), refused))).status).toBe("failed");
  const credentials = { "registry.username": "u", "registry.password": secrets["a task's credentials"] };
  const env = { KEY: secrets["a task's variable"] };
  for (const image of ["memory/app", "memory/fail"]) {
    const tag = image === "memory/fail" ? "IMAGE_PULL_FAILED" : "1";
    const pulled = plane.command("docker_pull", null, { image, tag, credentials }, randomUUID(), { generation: 1 });
    const run = plane.command("docker_run", null, { image, tag, name: `planted-${tag}`, env, credentials }, randomUUID(), {
      generation: 1,
    });
    await Promise.all([plane.result(pulled), plane.result(run)]);
  }
  const value = secrets["what is in a command that is not understood"];
  plane.command("start_session", session, { ...startData(), environment: { "NOT A NAME": value }, unknown: value });
  plane.sendRaw(JSON.stringify({ type: "command", command_id: "c1", data: { password: value } }));
  await plane.until("error", (message) => message.command_id === "c1");
  (await plane.displayTunnel(session, "control")).destroy();
  await plane.thumbnail(session);
});
afterAll(() => running.end());

describe("what an agent is told in confidence", () => {
  it("is in no line of its log", () => {
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.flatMap((line) => found(line, own).map((kind) => `${kind}: ${line.slice(0, 300)}`))).toEqual([]);
  });

  it("is in no word that it says back", () => {
    expect(found(JSON.stringify(running.plane.received), own)).toEqual([]);
  });

  it("is in none of its files", async () => {
    const files = await readdir(running.dataDir, { recursive: true, withFileTypes: true });
    const kept: string[] = [];
    let read = 0;
    for (const file of files.filter((one) => one.isFile())) {
      read += 1;
      const text = await readFile(join(file.parentPath, file.name), "latin1");
      for (const kind of found(text, own)) kept.push(`${kind}: ${file.name}`);
    }
    expect(read).toBeGreaterThan(0);
    expect(kept).toEqual([]);
  });
});
