/** A `docker.…` task cut short. */
import type Docker from "dockerode";
import { z } from "zod";
import { BASE_IMAGE } from "../agent/testing/engine-fixture";
import type { Installation } from "./installation";
import type { Ledger } from "./ledger";
import { until } from "./patience";
import type { FaultKind } from "./plan";
import { asks, expectTimes, isOver, type TaskView, type Trial, taskDetailSchema, taskListSchema } from "./trial";

type DockerFaultKind = Extract<FaultKind, `docker.${string}`>;
const orderedSchema = z.object({ taskId: z.string() });

export interface TrialParts {
  readonly berth: Installation;
  readonly docker: Docker;
  readonly ledger: Ledger;
  /** Of this round alone. */
  readonly name: string;
}

export class DockerTrial implements Trial {
  readonly commandType: string;
  readonly calls: Trial["calls"];
  readonly #payload: Record<string, unknown>;
  #taskId: string | null = null;
  /** Of the container that is there before. */
  #containerId: string | null = null;

  constructor(
    private readonly kind: DockerFaultKind,
    private readonly parts: TrialParts,
    private readonly registry: string,
  ) {
    this.commandType = kind.replace(".", "_");
    this.calls = {
      "docker.run": [asks("POST", /^\/containers\/create\?/), asks("POST", /^\/containers\/\w+\/start/)],
      "docker.pull": [asks("POST", /^\/images\/create\?/)],
      "docker.stop": [asks("POST", /^\/containers\/\w+\/stop/)],
      "docker.remove": [asks("DELETE", /^\/containers\//)],
    }[kind];
    const { name } = parts;
    const [image, tag] = BASE_IMAGE.split(":");
    this.#payload = {
      "docker.run": { image, tag, name, command: ["sleep", "600"], memory: "32Mi" },
      "docker.pull": { image: `${registry}/${name}`, tag: "1" },
      "docker.stop": { name, graceSeconds: 5 },
      "docker.remove": { name, force: true },
    }[kind];
  }

  async prepare(): Promise<void> {
    if (this.kind !== "docker.stop" && this.kind !== "docker.remove") return;
    const [image, tag] = BASE_IMAGE.split(":");
    const { berth, name } = this.parts;
    const made = await berth.order("docker.run", { image, tag, name, command: ["sleep", "600"], memory: "32Mi" });
    const task = await until("the container to stop or remove", 60_000, async () => {
      const found = await this.#detail(orderedSchema.parse(made).taskId);
      return isOver(found) && found;
    });
    if (task.state !== "completed") throw new Error(`the container to stop or remove was not made: ${task.error_message}`);
    this.#containerId = z.object({ containerId: z.string() }).parse(task.result).containerId;
  }

  async ask(): Promise<void> {
    this.#taskId = orderedSchema.parse(await this.parts.berth.order(this.kind, this.#payload)).taskId;
  }

  async task(): Promise<TaskView | null> {
    if (this.#taskId) return this.#detail(this.#taskId);
    const listed = taskListSchema.parse(await this.parts.berth.call("GET", `/tasks?kind=${this.kind}&limit=5`));
    for (const { id } of listed.tasks) {
      const found = await this.#detail(id);
      if (found.payload?.name === this.#payload.name && found.payload?.image === this.#payload.image) return found;
    }
    return null;
  }

  async problems(task: TaskView | null): Promise<string[]> {
    const { docker, name } = this.parts;
    const problems = this.counts(task);
    const there = await docker.listContainers({ all: true, filters: { name: [`^/${name}$`] } });
    const state = there[0]?.State ?? "none";
    const done = task?.state === "completed";
    const wanted = {
      "docker.run": done ? "running" : "none",
      "docker.pull": "none",
      "docker.stop": done ? "exited" : "running",
      "docker.remove": done ? "none" : "running",
    }[this.kind];
    if (state !== wanted) problems.push(`container ${name} is ${state}, not ${wanted}`);
    if (this.kind === "docker.pull" && done && !(await this.#pulled())) problems.push(`image ${this.#reference} is not there`);
    return problems;
  }

  counts(task: TaskView | null): string[] {
    const { ledger } = this.parts;
    const wanted = task?.state === "completed" ? 1 : 0;
    switch (this.kind) {
      case "docker.run": {
        const mine = (labels: Readonly<Record<string, string>>) =>
          task ? labels["dev.berth.task"] === task.id : labels.name === this.parts.name;
        return [
          ...expectTimes("a container was made", ledger.deeds("create", ({ labels }) => mine(labels)).length, wanted),
          ...expectTimes("a container was started", ledger.deeds("start", ({ labels }) => mine(labels)).length, wanted),
        ];
      }
      case "docker.stop":
        // What the end of the round removes was ended before.
        return wanted ? expectTimes("the container was ended", this.#deeds("die"), 1) : [];
      case "docker.remove":
        return wanted ? expectTimes("the container was removed", this.#deeds("destroy"), 1) : [];
      case "docker.pull":
        return [];
    }
  }

  async cleanUp(): Promise<void> {
    const { docker, name } = this.parts;
    for (const { Id } of await docker.listContainers({ all: true, filters: { name: [`^/${name}$`] } })) {
      await docker.getContainer(Id).remove({ force: true, v: true });
    }
    if (this.kind === "docker.pull" && (await this.#pulled())) await docker.getImage(this.#reference).remove();
  }

  get #reference(): string {
    return `${this.registry}/${this.parts.name}:1`;
  }

  #deeds(action: string): number {
    return this.parts.ledger.deeds(action, ({ id }) => id === this.#containerId).length;
  }

  async #pulled(): Promise<boolean> {
    return (await this.parts.docker.listImages({ filters: { reference: [this.#reference] } })).length > 0;
  }

  async #detail(id: string) {
    return taskDetailSchema.parse(await this.parts.berth.call("GET", `/tasks/${id}`));
  }
}
