import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { readDockerTask } from "@berth/protocol/docker-tasks";
import { afterAll, expect, test } from "vitest";
import { engineTarget } from "../agent/drivers/docker/engine-target";
import { taskContainerOptions } from "../agent/drivers/docker/task-container-spec";
import { operation } from "../agent/drivers/driver-contract";
import { BASE_IMAGE, EngineFixture } from "../agent/testing/engine-fixture";
import { EngineProxy } from "./engine-proxy";

const engine = new EngineFixture();
afterAll(() => engine.end());

test("a container that was started while its start was on the way counts as started, once", async () => {
  const path = join(await engine.dataDir(), "engine.sock");
  const proxy = await EngineProxy.start(engine.target.options.socketPath ?? "", path);
  const { tasks } = await engine.driver({ target: engineTarget(`unix://${path}`) });
  const [image, tag] = BASE_IMAGE.split(":");
  const read = readDockerTask("docker.run", { image, tag, name: `meanwhile-${engine.agent.slice(0, 8)}`, command: ["sleep", "300"] });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const task = { id: randomUUID(), run: 1 };
  const { id } = await engine.docker.createContainer(taskContainerOptions(task, engine.agent, read.payload));
  const onTheWay = proxy.asked.hold((call) => call.path.endsWith("/start"));
  const running = tasks.run(task, read.payload, operation());
  await onTheWay.reached;
  await engine.docker.getContainer(id).start();
  onTheWay.end("deliver");
  expect(await running).toMatchObject({ containerId: id, made: false });
  proxy.stop();
});
