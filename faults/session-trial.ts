/** A session's task cut short. */
import type { ContainerInfo } from "dockerode";
import { z } from "zod";
import type { TrialParts } from "./docker-trial";
import { until } from "./patience";
import type { FaultKind } from "./plan";
import { asks, expectTimes, type TaskView, type Trial, taskListSchema } from "./trial";

type SessionFaultKind = Extract<FaultKind, `session.${string}`>;
const sessionSchema = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  status: z.object({ phase: z.string(), message: z.string() }),
});
type SessionView = z.infer<typeof sessionSchema>;

/** How long what the control plane says may take to be what the engine says. */
const AGREE_WITHIN_MS = 20_000;

export class SessionTrial implements Trial {
  readonly commandType: string;
  readonly calls: Trial["calls"];
  #id: string | null = null;

  constructor(
    private readonly kind: SessionFaultKind,
    private readonly parts: TrialParts,
    private readonly template: string,
  ) {
    this.commandType = { "session.start": "start", "session.hibernate": "hibernate", "session.wake": "wake", "session.stop": "stop" }[kind];
    this.commandType += "_session";
    const makes = [asks("POST", /^\/containers\/create\?/), asks("POST", /^\/containers\/\w+\/start/)];
    this.calls = {
      "session.start": makes,
      "session.wake": makes,
      "session.hibernate": [asks("POST", /^\/containers\/\w+\/stop/)],
      "session.stop": [asks("POST", /^\/containers\/\w+\/stop/), asks("DELETE", /^\/containers\//)],
    }[kind];
  }

  async prepare(): Promise<void> {
    if (this.kind === "session.start") return;
    await this.#create();
    await this.#untilPhase("Running");
    if (this.kind !== "session.wake") return;
    await this.#set("hibernated");
    await this.#untilPhase("Hibernated");
  }

  async ask(): Promise<void> {
    if (this.kind === "session.start") return this.#create();
    if (this.kind === "session.stop") return void (await this.parts.berth.call("DELETE", `/sessions/${this.#id}`));
    await this.#set(this.kind === "session.wake" ? "running" : "hibernated");
  }

  async task(): Promise<TaskView | null> {
    await this.#find();
    if (!this.#id) return null;
    const listed = await this.parts.berth.call("GET", `/tasks?session_id=${this.#id}&kind=${this.kind}`);
    return taskListSchema.parse(listed).tasks[0] ?? null;
  }

  async problems(task: TaskView | null): Promise<string[]> {
    const problems = this.counts(task);
    if (!this.#id) return problems;
    const wanted = {
      "session.start": "Running",
      "session.wake": "Running",
      "session.hibernate": "Hibernated",
      "session.stop": "Terminated",
    };
    let last = "";
    const agree = async () => {
      const session = await this.#session();
      const containers = await this.#containers();
      last = `the session is ${session.status.phase} (${session.status.message}), the engine has ${words(containers)}`;
      if (task?.state === "completed" && session.status.phase !== wanted[this.kind]) return false;
      return agrees(session, containers);
    };
    await until("agreement", AGREE_WITHIN_MS, agree).catch(() => problems.push(`${last}, after a task that ${task?.state ?? "never was"}`));
    return problems;
  }

  counts(task: TaskView | null): string[] {
    if (task?.state !== "completed") return [];
    const of = (action: string, generation: number) =>
      this.parts.ledger.deeds(
        action,
        ({ labels }) => labels["dev.berth.session"] === this.#id && labels["dev.berth.generation"] === String(generation),
      ).length;
    switch (this.kind) {
      case "session.start":
        return expectTimes("the session's container was started", of("start", 1), 1);
      case "session.wake":
        return expectTimes("the woken session's container was started", of("start", 2), 1);
      case "session.hibernate":
        return expectTimes("the session's container was ended", of("die", 1), 1);
      case "session.stop":
        return expectTimes("the session's container was removed", of("destroy", 1), 1);
    }
  }

  async cleanUp(): Promise<void> {
    if (!this.#id) return;
    if ((await this.#session()).state !== "terminated") await this.parts.berth.call("DELETE", `/sessions/${this.#id}`);
    await this.#untilPhase("Terminated", "Failed");
    const left = await this.#containers();
    if (left.length > 0) throw new Error(`the session has ended and the engine has ${words(left)}`);
  }

  async #create(): Promise<void> {
    const body = { template: this.template, name: this.parts.name };
    this.#id = sessionSchema.parse(await this.parts.berth.call("POST", "/sessions", body)).id;
  }

  #set(state: string): Promise<unknown> {
    return this.parts.berth.call("PATCH", `/sessions/${this.#id}`, { state });
  }

  /** Of a request that was never answered. */
  async #find(): Promise<void> {
    if (this.#id) return;
    const listed = z.object({ sessions: z.array(sessionSchema) }).parse(await this.parts.berth.call("GET", "/sessions?limit=5"));
    this.#id = listed.sessions.find(({ name }) => name === this.parts.name)?.id ?? null;
  }

  async #session(): Promise<SessionView> {
    return sessionSchema.parse(await this.parts.berth.call("GET", `/sessions/${this.#id}`));
  }

  async #untilPhase(...phases: string[]): Promise<void> {
    let last = "";
    const ask = async () => {
      const { status } = await this.#session();
      last = `${status.phase} (${status.message})`;
      return phases.includes(status.phase);
    };
    await until("a phase", 60_000, ask).catch(() => {
      throw new Error(`session ${this.parts.name} is ${last}, not ${phases[0]}`);
    });
  }

  #containers(): Promise<ContainerInfo[]> {
    return this.parts.docker.listContainers({ all: true, filters: { label: [`dev.berth.session=${this.#id}`] } });
  }
}

const words = (containers: readonly ContainerInfo[]) =>
  containers.length === 0 ? "no container" : containers.map(({ State }) => `one that is ${State}`).join(" and ");

function agrees({ status }: SessionView, containers: readonly ContainerInfo[]): boolean {
  const states = containers.map(({ State }) => State).join();
  if (status.phase === "Running") return states === "running";
  if (status.phase === "Hibernated") return states === "exited";
  return (status.phase === "Terminated" || status.phase === "Failed") && states === "";
}
