/** What `docker.…` tasks ask for, in an engine. Containers are found again by the task that made them and the agent that it was of. */
import { type DockerPayload, type DockerResult, imageReferenceOf } from "@berth/protocol/docker-tasks";
import { BerthError } from "@berth/protocol/errors";
import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import { wordsOf } from "../../log";
import { throwIfAborted } from "../abort";
import type { Operation, RegistryAuth, TaskContainers, TaskRun } from "../driver";
import type { ContainerEnder } from "./container-end";
import { readContainerLog } from "./container-log";
import { engineError, engineWords, statusOf } from "./engine-errors";
import { pullImage } from "./image-pull";
import type { IsolatedNetwork } from "./isolated-network";
import { generationOf, LABEL, ofAgent, ofTask } from "./labels";
import { taskContainerOptions, taskVolume } from "./task-container-spec";

export interface DockerTasksParts {
  readonly docker: Docker;
  readonly engine: string;
  /** The agent's UUID. */
  readonly agent: string;
  readonly ender: ContainerEnder;
  readonly network: Pick<IsolatedNetwork, "ensure">;
}

const MAX_LOG_BYTES = 256 * 1024;

export class DockerTasks implements TaskContainers {
  readonly #docker: Docker;
  readonly #parts: DockerTasksParts;

  constructor(parts: DockerTasksParts) {
    this.#parts = parts;
    this.#docker = parts.docker;
  }

  async pull(payload: DockerPayload<"docker.pull">, operation: Operation, auth?: RegistryAuth): Promise<DockerResult<"docker.pull">> {
    const image = imageReferenceOf(payload);
    await pullImage(this.#docker, this.#parts.engine, image, auth, operation);
    return { imageId: await this.#imageId(image) };
  }

  async run(
    task: TaskRun,
    payload: DockerPayload<"docker.run">,
    operation: Operation,
    auth?: RegistryAuth,
  ): Promise<DockerResult<"docker.run">> {
    const there = await this.#ofRun(task, payload.name);
    if (there) {
      // Made, and not started before the agent ended; one that has ended was started.
      if (there.State.Status === "created") await this.#start(there.Id, payload.name);
      return { containerId: there.Id, imageId: there.Image, made: false };
    }
    const image = imageReferenceOf(payload);
    if (!(await this.#hasImage(image))) await pullImage(this.#docker, this.#parts.engine, image, auth, operation);
    for (const { name } of payload.volumes) await this.#ensureVolume(name);
    await this.#parts.network.ensure();
    throwIfAborted(operation.signal);
    const id = await this.#create(task, payload);
    operation.report("container_created", `Container ${payload.name} was created`);
    try {
      throwIfAborted(operation.signal);
      await this.#start(id, payload.name);
    } catch (error) {
      await this.#parts.ender.remove(id);
      throw error;
    }
    operation.report("container_started", `Container ${payload.name} was started`, 100);
    return { containerId: id, imageId: await this.#imageId(image), made: true };
  }

  async stop({ name, graceSeconds }: DockerPayload<"docker.stop">): Promise<DockerResult<"docker.stop">> {
    const { Id } = await this.#demand(name);
    await this.#parts.ender.stop(Id, graceSeconds);
    const { State } = await this.#demand(name);
    return { containerId: Id, exitCode: State.ExitCode };
  }

  async remove({ name, force }: DockerPayload<"docker.remove">): Promise<DockerResult<"docker.remove">> {
    const container = await this.#find(name);
    if (!container) return { removed: false };
    if (container.State.Running && !force) throw new BerthError("TASK_FAILED", `Container ${name} runs; stop it first, or use force`);
    await this.#parts.ender.remove(container.Id);
    return { removed: true };
  }

  async logs({ name, tail }: DockerPayload<"docker.logs">, signal: AbortSignal): Promise<DockerResult<"docker.logs">> {
    const { Id } = await this.#demand(name);
    const read = await readContainerLog(this.#docker, this.#parts.engine, Id, { tail, follow: false }, signal);
    const lines: DockerResult<"docker.logs">["lines"] = [];
    let bytes = 0;
    let cut = false;
    for await (const line of read ?? []) {
      lines.push(line);
      bytes += Buffer.byteLength(line.text);
      while (bytes > MAX_LOG_BYTES) {
        bytes -= Buffer.byteLength(lines.shift()?.text ?? "");
        cut = true;
      }
    }
    throwIfAborted(signal);
    return { lines, cut };
  }

  async prune({ containers, images }: DockerPayload<"docker.prune">): Promise<DockerResult<"docker.prune">> {
    return this.#ask("clear away leftovers", async () => {
      const label = [ofAgent(this.#parts.agent), LABEL.task];
      const found = containers ? await this.#docker.listContainers({ all: true, filters: { label, status: ["exited", "dead"] } }) : [];
      const ended = found.filter(({ Labels }) => Labels[LABEL.session] === undefined);
      for (const { Id } of ended) await this.#parts.ender.remove(Id);
      const pruned = images ? await this.#docker.pruneImages({ filters: { dangling: ["true"] } }) : null;
      return { containers: ended.length, images: pruned?.ImagesDeleted?.length ?? 0, bytesFreed: pruned?.SpaceReclaimed ?? 0 };
    });
  }

  /** The container that this run of the task made, if it did. One that an earlier run left is removed. */
  #ofRun({ id, run }: TaskRun, name: string): Promise<ContainerInspectInfo | null> {
    return this.#ask("look for a task's container", async () => {
      const label = [ofAgent(this.#parts.agent), ofTask(id)];
      let there: ContainerInspectInfo | null = null;
      for (const { Id, Labels } of await this.#docker.listContainers({ all: true, filters: { label } })) {
        // Those that were made before runs were told apart are of the first.
        const madeBy = Math.max(1, generationOf(Labels));
        if (madeBy > run)
          throw new BerthError("COMMAND_SUPERSEDED", `Container ${name} is of run ${madeBy} of this task; run ${run} is over`);
        if (madeBy < run) await this.#parts.ender.remove(Id);
        else there = await this.#docker.getContainer(Id).inspect();
      }
      return there;
    });
  }

  /** Null where there is none of that name. Throws `SPEC_REFUSED` for one that no task of this agent made. */
  async #find(name: string): Promise<ContainerInspectInfo | null> {
    let container: ContainerInspectInfo;
    try {
      container = await this.#docker.getContainer(name).inspect();
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw this.#failure(error, `look for container ${name}`);
    }
    const { Labels } = container.Config;
    // An engine also takes the first digits of an id for a name.
    const named = container.Name === `/${name}`;
    if (!named) return null;
    if (!Labels[LABEL.task] || Labels[LABEL.agent] !== this.#parts.agent || Labels[LABEL.session] !== undefined)
      throw new BerthError("SPEC_REFUSED", `Container ${name} was not made by a task of this agent and is left alone`);
    return container;
  }

  async #demand(name: string): Promise<ContainerInspectInfo> {
    const container = await this.#find(name);
    if (!container) throw new BerthError("CONTAINER_NOT_FOUND", `No task made a container named ${name} on this host`);
    return container;
  }

  async #create(task: TaskRun, payload: DockerPayload<"docker.run">): Promise<string> {
    try {
      return (await this.#docker.createContainer(taskContainerOptions(task, this.#parts.agent, payload))).id;
    } catch (error) {
      if (statusOf(error) === 409)
        throw new BerthError(
          "CONTAINER_NAME_TAKEN",
          `A container named ${payload.name} is on this host already: ${engineWords(error)}`.slice(0, 1500),
        );
      throw this.#failure(error, `create container ${payload.name}`);
    }
  }

  async #start(id: string, name: string): Promise<void> {
    try {
      await this.#docker.getContainer(id).start();
    } catch (error) {
      // It runs already: what an agent asked before it died was done after all.
      if (statusOf(error) !== 304) throw this.#failure(error, `start container ${name}`);
    }
  }

  /** A volume of the same name with options could be any folder of the host: only plain ones that tasks made are used. */
  async #ensureVolume(name: string): Promise<void> {
    const volume = taskVolume(name);
    const found = await this.#docker
      .getVolume(volume)
      .inspect()
      .catch((error: unknown) => {
        if (statusOf(error) === 404) return null;
        throw this.#failure(error, `look for volume ${name}`);
      });
    if (!found) {
      const Labels = { [LABEL.volume]: name, [LABEL.agent]: this.#parts.agent };
      await this.#ask(`create volume ${name}`, () => this.#docker.createVolume({ Name: volume, Driver: "local", Labels }));
      return;
    }
    const plain = found.Driver === "local" && Object.keys(found.Options ?? {}).length === 0;
    if (!plain || found.Labels?.[LABEL.volume] !== name || found.Labels[LABEL.agent] !== this.#parts.agent)
      throw new BerthError("SPEC_REFUSED", `Volume ${volume} was not made by a task of this agent and is left alone`);
  }

  async #hasImage(image: string): Promise<boolean> {
    try {
      await this.#docker.getImage(image).inspect();
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw this.#failure(error, `look for image ${image}`);
    }
  }

  #imageId(image: string): Promise<string> {
    return this.#ask(`look for image ${image}`, async () => (await this.#docker.getImage(image).inspect()).Id);
  }

  async #ask<T>(doing: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw this.#failure(error, doing);
    }
  }

  /** There is no session here that could fail to be provisioned. */
  #failure(error: unknown, doing: string): BerthError {
    const known = engineError(error, doing, this.#parts.engine);
    return known.code === "SESSION_PROVISIONING_FAILED" ? new BerthError("TASK_FAILED", wordsOf(known), { cause: error }) : known;
  }
}
