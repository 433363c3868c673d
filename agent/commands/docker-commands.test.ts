import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MemoryDriver } from "../drivers/memory/memory-driver";
import { runAgent } from "../testing/running-agent";

const ends: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
const run = async () => {
  const running = await runAgent(new MemoryDriver());
  ends.push(running.end);
  return running;
};
const app = { image: "registry.example/team/app", tag: "v1", name: "app" };

describe("docker commands", () => {
  it("are carried out once, however often they come", async () => {
    const { plane, driver } = await run();
    const id = randomUUID();
    for (let times = 0; times < 3; times++) plane.command("docker_run", null, app, id);
    expect(await plane.result(id)).toMatchObject({ status: "completed", result: { made: true } });
    plane.command("docker_run", null, app, id);
    await vi.waitFor(() => expect(plane.all("command_result")).toHaveLength(2));
    expect(plane.all("command_result")[0]).toEqual(plane.all("command_result")[1]);
    expect(driver.tasks.made).toBe(1);
  });

  it("are done again in another run, and say which run they speak of", async () => {
    const { plane, driver } = await run();
    const id = randomUUID();
    plane.command("docker_run", null, app, id, { generation: 1 });
    await plane.until("command_result", ({ generation }) => generation === 1);
    plane.command("docker_run", null, app, id, { generation: 2 });
    expect(await plane.until("command_result", ({ generation }) => generation === 2)).toMatchObject({ result: { made: true } });
    plane.command("docker_run", null, app, id, { generation: 2 });
    await vi.waitFor(() => expect(plane.all("command_result")).toHaveLength(3));
    expect(driver.tasks.made).toBe(2);
    expect(plane.all("command_ack").map(({ generation }) => generation)).toEqual([1, 2, 2]);
    expect(plane.all("command_progress").every(({ generation }) => generation !== undefined)).toBe(true);
  });

  it("that are only offered are acknowledged and not begun", async () => {
    const { plane, driver } = await run();
    const id = randomUUID();
    plane.command("docker_run", null, app, id, { generation: 1, offered: true });
    await plane.until("command_ack");
    expect(plane.all("command_progress")).toEqual([]);
    plane.command("docker_run", null, app, id, { generation: 1 });
    await plane.result(id);
    expect(driver.tasks.made).toBe(1);
  });

  it("are given up when their time is over, and only the run that is named is cancelled", async () => {
    const { plane } = await run();
    const slow = { ...app, image: "memory/pull", tag: "60000ms" };
    const late = plane.command("docker_pull", null, { image: slow.image, tag: slow.tag }, randomUUID(), {
      generation: 1,
      timeout_seconds: 1,
    });
    expect(await plane.result(late)).toMatchObject({ status: "failed", error_code: "TASK_TIMED_OUT" });
    const id = plane.command("docker_run", null, slow, randomUUID(), { generation: 2 });
    await plane.until("command_progress", ({ command_id }) => command_id === id);
    plane.send({ type: "command_cancel", command_id: id, generation: 1 });
    const other = plane.command("docker_prune", null, {});
    await plane.result(other);
    expect(plane.all("command_result").some(({ command_id }) => command_id === id)).toBe(false);
    plane.send({ type: "command_cancel", command_id: id, generation: 2 });
    expect(await plane.result(id)).toMatchObject({ error_code: "COMMAND_CANCELLED", generation: 2 });
  });

  it("write what they do into the task's log", async () => {
    const { plane } = await run();
    const id = plane.command("docker_pull", null, { image: "team/app" }, randomUUID(), { generation: 1 });
    expect(await plane.until("command_log")).toMatchObject({
      command_id: id,
      generation: 1,
      lines: [{ level: "info", message: "Pulling image team/app:latest" }],
    });
  });

  it("of one container wait for each other", async () => {
    const { plane } = await run();
    const slow = plane.command("docker_run", null, { ...app, image: "memory/pull", tag: "100ms" });
    const stop = plane.command("docker_stop", null, { name: app.name });
    const remove = plane.command("docker_remove", null, { name: app.name });
    expect(await plane.result(remove)).toMatchObject({ status: "completed", result: { removed: true } });
    expect((await plane.result(slow)).status).toBe("completed");
    expect((await plane.result(stop)).status).toBe("completed");
  });

  it("are refused by the agent too where the allow-list has no word for them", async () => {
    const { plane, driver } = await run();
    const id = plane.command("docker_run", null, { ...app, privileged: true });
    expect(await plane.result(id)).toMatchObject({ status: "failed", error_code: "SPEC_REFUSED" });
    expect(driver.tasks.made).toBe(0);
  });

  it("have their registry's credentials for the pull, and keep them in no journal", async () => {
    const { plane, driver, dataDir } = await run();
    const credentials = { "registry.username": "robot", "registry.password": "correct-horse-9" };
    expect((await plane.result(plane.command("docker_run", null, { ...app, credentials }))).status).toBe("completed");
    expect(driver.tasks.auth).toEqual({ username: "robot", password: "correct-horse-9" });
    const stray = plane.command("docker_stop", null, { name: app.name, credentials });
    expect(await plane.result(stray)).toMatchObject({ error_code: "SPEC_REFUSED" });
    expect(await readFile(join(dataDir, "commands.jsonl"), "utf8")).not.toContain("correct-horse-9");
  });

  it("end when they are cancelled", async () => {
    const { plane, driver } = await run();
    const id = plane.command("docker_run", null, { ...app, image: "memory/pull", tag: "60000ms" });
    await plane.until("command_progress", (message) => message.command_id === id);
    plane.send({ type: "command_cancel", command_id: id });
    expect(await plane.result(id)).toMatchObject({ status: "failed", error_code: "COMMAND_CANCELLED" });
    expect(driver.tasks.made).toBe(0);
  });

  it("that only read are read again", async () => {
    const { plane } = await run();
    await plane.result(plane.command("docker_run", null, app));
    const id = plane.command("docker_logs", null, { name: app.name });
    expect(await plane.result(id)).toMatchObject({ status: "completed", result: { cut: false } });
    await plane.result(plane.command("docker_remove", null, { name: app.name, force: true }));
    plane.command("docker_logs", null, { name: app.name }, id);
    await plane.until("command_result", (message) => message.command_id === id && message.status === "failed");
  });
});
