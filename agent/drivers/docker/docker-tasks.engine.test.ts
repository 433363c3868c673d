import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { type DockerKind, type DockerPayload, readDockerTask } from "@berth/protocol/docker-tasks";
import { BerthError } from "@berth/protocol/errors";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { BASE_IMAGE, EngineFixture } from "../../testing/engine-fixture";
import { codeOf, operation } from "../driver-contract";
import type { DockerTasks } from "./docker-tasks";
import { LABEL } from "./labels";
import { taskContainerOptions, taskVolume } from "./task-container-spec";

const engine = new EngineFixture();
const [image = "", tag = ""] = BASE_IMAGE.split(":");
const name = `task-${engine.agent.slice(0, 8)}`;
const strangers: string[] = [];
let tasks: DockerTasks;

beforeAll(async () => {
  ({ tasks } = await engine.driver());
});
afterEach(async () => {
  await tasks.remove(read("docker.remove", { name, force: true })).catch(() => {});
  for (const id of strangers.splice(0)) await engine.docker.getContainer(id).remove({ force: true });
});
afterAll(() => engine.end());

function read<K extends DockerKind>(kind: K, payload: Record<string, unknown>): DockerPayload<K> {
  const task = readDockerTask(kind, payload);
  if (!task.ok) throw new Error(JSON.stringify(task.problems));
  return task.payload;
}
const oneRun = () => ({ id: randomUUID(), run: 1 });
const runs = (extra: Record<string, unknown> = {}) => read("docker.run", { image, tag, name, command: ["sleep", "300"], ...extra });
const made = async () => {
  const label = [`${LABEL.agent}=${engine.agent}`, LABEL.task];
  return engine.docker.listContainers({ all: true, filters: { label } });
};

describe("docker.run", () => {
  it("delivered twice makes one container, which both answers name", async () => {
    const task = { id: randomUUID(), run: 1 };
    const first = await tasks.run(task, runs(), operation());
    const second = await tasks.run(task, runs(), operation());
    expect(first).toMatchObject({ made: true, imageId: expect.stringContaining("sha256:") });
    expect(second).toEqual({ ...first, made: false });
    expect((await made()).map(({ Id, State }) => [Id, State])).toEqual([[first.containerId, "running"]]);
  });

  it("goes on with a container that was made and not started before the agent died", async () => {
    const task = { id: randomUUID(), run: 1 };
    const { id } = await engine.docker.createContainer(taskContainerOptions(task, engine.agent, runs()));
    expect(await tasks.run(task, runs(), operation())).toMatchObject({ containerId: id, made: false });
    expect((await made())[0]?.State).toBe("running");
  });

  it("is not done again where its container has ended meanwhile", async () => {
    const task = { id: randomUUID(), run: 1 };
    const { containerId } = await tasks.run(task, runs({ command: ["true"] }), operation());
    await engine.docker.getContainer(containerId).wait();
    expect(await tasks.run(task, runs({ command: ["true"] }), operation())).toMatchObject({ containerId, made: false });
    expect((await made())[0]?.State).toBe("exited");
  });

  it("in a further run of its task takes the place of what an earlier run left, and an earlier one never comes back", async () => {
    const task = oneRun();
    const first = await tasks.run(task, runs(), operation());
    const second = await tasks.run({ ...task, run: 2 }, runs(), operation());
    expect(second).toMatchObject({ made: true });
    expect((await made()).map(({ Id, Labels }) => [Id, Labels[LABEL.generation]])).toEqual([[second.containerId, "2"]]);
    expect(second.containerId).not.toBe(first.containerId);
    expect(await codeOf(tasks.run(task, runs(), operation()))).toBe("COMMAND_SUPERSEDED");
    expect(await made()).toHaveLength(1);
  });

  it("gives no more than was asked for: limits, ports on 127.0.0.1, a plain volume, no privileges", async () => {
    const volumes = [{ name, path: "/data" }];
    const { containerId } = await tasks.run(
      oneRun(),
      runs({ volumes, env: { MODE: "live" }, ports: [{ container: 80, host: 28_080 }], memory: "64Mi", cpu: "250m", pidsLimit: 32 }),
      operation(),
    );
    const { HostConfig, Mounts, Config } = await engine.docker.getContainer(containerId).inspect();
    expect(HostConfig).toMatchObject({
      Privileged: false,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: 2 ** 26,
      MemorySwap: 2 ** 26,
      NanoCpus: 250_000_000,
      PidsLimit: 32,
      PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "28080" }] },
    });
    expect([HostConfig.Binds ?? [], HostConfig.Devices ?? [], HostConfig.PidMode, HostConfig.NetworkMode]).toEqual([
      [],
      [],
      "",
      "berth-sessions",
    ]);
    expect(Mounts.map(({ Type, Name, Destination }) => [Type, Name, Destination])).toEqual([["volume", taskVolume(name), "/data"]]);
    expect(Config.Env).toContain("MODE=live");
  });

  it("leaves a container of the same name alone, and a volume that could be a folder of the host", async () => {
    const { id } = await engine.docker.createContainer({ Image: BASE_IMAGE, name, Cmd: ["sleep", "300"] });
    strangers.push(id);
    expect(await codeOf(tasks.run(oneRun(), runs(), operation()))).toBe("CONTAINER_NAME_TAKEN");
    await engine.docker.getContainer(id).remove({ force: true });
    strangers.pop();
    const Name = taskVolume(`${name}-x`);
    await engine.docker.createVolume({
      Name,
      Driver: "local",
      DriverOpts: { type: "none", o: "bind", device: "/etc" },
      Labels: { [LABEL.volume]: `${name}-x`, [LABEL.agent]: engine.agent },
    });
    expect(await codeOf(tasks.run(oneRun(), runs({ volumes: [{ name: `${name}-x`, path: "/data" }] }), operation()))).toBe("SPEC_REFUSED");
    expect(await made()).toEqual([]);
  });

  it("that is cancelled or can't be started leaves nothing", async () => {
    const abort = new AbortController();
    const cancelled = {
      signal: abort.signal,
      log: () => {},
      report: (step: string) => step === "container_created" && abort.abort(new BerthError("COMMAND_CANCELLED", "cancelled")),
    };
    expect(await codeOf(tasks.run(oneRun(), runs(), cancelled))).toBe("COMMAND_CANCELLED");
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const host = z.object({ port: z.number() }).parse(server.address()).port;
    expect(await codeOf(tasks.run(oneRun(), runs({ ports: [{ container: 80, host }] }), operation()))).toBe("TASK_FAILED");
    server.close();
    expect(await made()).toEqual([]);
  });
});

describe("docker.stop, docker.remove, docker.logs and docker.prune", () => {
  it("act on what a task made, and may come twice", async () => {
    const { containerId } = await tasks.run(oneRun(), runs({ command: ["sh", "-c", "echo hello; exec sleep 300"] }), operation());
    const said = async () => (await tasks.logs(read("docker.logs", { name }), new AbortController().signal)).lines.map(({ text }) => text);
    await expect.poll(said).toEqual(["hello"]);
    expect(await codeOf(tasks.remove(read("docker.remove", { name })))).toBe("TASK_FAILED");
    const stop = read("docker.stop", { name, graceSeconds: 0 });
    expect(await tasks.stop(stop)).toMatchObject({ containerId });
    expect(await tasks.stop(stop)).toMatchObject({ containerId });
    expect(await said()).toEqual(["hello"]);
    expect(await tasks.remove(read("docker.remove", { name }))).toEqual({ removed: true });
    expect(await tasks.remove(read("docker.remove", { name }))).toEqual({ removed: false });
    expect(await codeOf(tasks.stop(stop))).toBe("CONTAINER_NOT_FOUND");
  });

  it("leave sessions' containers and strangers' alone, whatever they are named or labelled", async () => {
    const labels: Record<string, string>[] = [
      {},
      { [LABEL.task]: randomUUID() },
      { [LABEL.agent]: randomUUID(), [LABEL.task]: randomUUID() },
      { [LABEL.agent]: engine.agent, [LABEL.session]: randomUUID(), [LABEL.task]: randomUUID() },
    ];
    for (const Labels of labels) {
      const { id } = await engine.docker.createContainer({ Image: BASE_IMAGE, name, Labels, Cmd: ["true"] });
      strangers.push(id);
      expect(await codeOf(tasks.stop(read("docker.stop", { name })))).toBe("SPEC_REFUSED");
      expect(await codeOf(tasks.remove(read("docker.remove", { name, force: true })))).toBe("SPEC_REFUSED");
      expect(await codeOf(tasks.logs(read("docker.logs", { name }), new AbortController().signal))).toBe("SPEC_REFUSED");
      // Its id is not a name of it.
      expect(await tasks.remove(read("docker.remove", { name: id.slice(0, 12), force: true }))).toEqual({ removed: false });
      await engine.docker.getContainer(id).start();
      await engine.docker.getContainer(id).wait();
      expect((await tasks.prune(read("docker.prune", {}))).containers).toBe(0);
      await engine.docker.getContainer(id).remove({ force: true });
      strangers.pop();
    }
  });

  it("clear away what ended, and not what runs", async () => {
    const ended = await tasks.run(oneRun(), runs({ command: ["true"] }), operation());
    await engine.docker.getContainer(ended.containerId).wait();
    const other = `${name}-on`;
    const running = await tasks.run(oneRun(), { ...runs(), name: other }, operation());
    expect(await tasks.prune(read("docker.prune", {}))).toMatchObject({ containers: 1, images: 0 });
    expect((await made()).map(({ Id }) => Id)).toEqual([running.containerId]);
    await tasks.remove(read("docker.remove", { name: other, force: true }));
  });
});
