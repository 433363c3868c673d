import { randomUUID } from "node:crypto";
import { type DockerPayload, type DockerResult, imageReferenceOf } from "@berth/protocol/docker-tasks";
import { BerthError } from "@berth/protocol/errors";
import { pause, throwIfAborted } from "../abort";
import type { Operation, RegistryAuth, TaskContainers, TaskRun } from "../driver";
import { behaviourOf } from "./faults";

interface MemoryContainer {
  readonly id: string;
  readonly task: TaskRun;
  running: boolean;
}

/** Containers of tasks that exist in this process alone. Images behave as their names say (`faults.ts`). */
export class MemoryTasks implements TaskContainers {
  /** How often a container was made: a test of "carried out once" counts on it. */
  made = 0;
  /** What the last pull was given for its registry. */
  auth: RegistryAuth | undefined;
  readonly #containers = new Map<string, MemoryContainer>();

  async pull(payload: DockerPayload<"docker.pull">, operation: Operation, auth?: RegistryAuth): Promise<DockerResult<"docker.pull">> {
    this.auth = auth;
    const image = imageReferenceOf(payload);
    const { pullMs, fail } = behaviourOf(image);
    operation.report("image_pulling", `Pulling image ${image}`, 0);
    if (pullMs > 0) await pause(pullMs, operation.signal);
    if (fail) throw new BerthError(fail, `Image ${image} was made to fail with ${fail}`);
    return { imageId: `memory:${image}` };
  }

  async run(
    task: TaskRun,
    payload: DockerPayload<"docker.run">,
    operation: Operation,
    auth?: RegistryAuth,
  ): Promise<DockerResult<"docker.run">> {
    let there = this.#containers.get(payload.name);
    if (there?.task.id === task.id && there.task.run < task.run) {
      this.#containers.delete(payload.name);
      there = undefined;
    }
    if (there && (there.task.id !== task.id || there.task.run !== task.run))
      throw new BerthError("CONTAINER_NAME_TAKEN", `Another task made a container named ${payload.name}`);
    if (there) return { containerId: there.id, imageId: `memory:${imageReferenceOf(payload)}`, made: false };
    const { imageId } = await this.pull(payload, operation, auth);
    throwIfAborted(operation.signal);
    const container = { id: randomUUID().replaceAll("-", ""), task, running: true };
    this.#containers.set(payload.name, container);
    this.made++;
    return { containerId: container.id, imageId, made: true };
  }

  async stop({ name }: DockerPayload<"docker.stop">): Promise<DockerResult<"docker.stop">> {
    const container = this.#find(name);
    container.running = false;
    return { containerId: container.id, exitCode: 0 };
  }

  async remove({ name, force }: DockerPayload<"docker.remove">): Promise<DockerResult<"docker.remove">> {
    if (this.#containers.get(name)?.running && !force)
      throw new BerthError("TASK_FAILED", `Container ${name} runs; stop it first, or use force`);
    return { removed: this.#containers.delete(name) };
  }

  async logs({ name }: DockerPayload<"docker.logs">): Promise<DockerResult<"docker.logs">> {
    const { id } = this.#find(name);
    return { lines: [{ at: null, text: `${name} is ${id}` }], cut: false };
  }

  async prune({ containers }: DockerPayload<"docker.prune">): Promise<DockerResult<"docker.prune">> {
    const ended = containers ? [...this.#containers].filter(([, { running }]) => !running) : [];
    for (const [name] of ended) this.#containers.delete(name);
    return { containers: ended.length, images: 0, bytesFreed: 0 };
  }

  #find(name: string): MemoryContainer {
    const container = this.#containers.get(name);
    if (!container) throw new BerthError("CONTAINER_NOT_FOUND", `No task made a container named ${name} on this host`);
    return container;
  }
}
