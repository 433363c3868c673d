/** Reads sessions out of the engine: which containers are ours, what state they are in, and why. */
import type Docker from "dockerode";
import type { ContainerInfo, ContainerInspectInfo } from "dockerode";
import { readProbes } from "../../health/probe-plan";
import type { SeenSession } from "../driver";
import { engineError, statusOf } from "./engine-errors";
import type { EngineOutages } from "./engine-outages";
import { exitWords } from "./exit-words";
import { generationOf, LABEL, type Labels, ofAgent, ofSession } from "./labels";
import type { SessionMarks } from "./session-marks";
import { SESSION_NETWORK } from "./session-network";

export interface EngineContainersParts {
  readonly docker: Docker;
  readonly engine: string;
  readonly agent: string;
  readonly marks: SessionMarks;
  readonly outages: EngineOutages;
}

export class EngineContainers {
  readonly #docker: Docker;
  readonly #engine: string;
  readonly #agent: string;
  readonly #marks: SessionMarks;
  readonly #outages: EngineOutages;

  constructor({ docker, engine, agent, marks, outages }: EngineContainersParts) {
    this.#docker = docker;
    this.#engine = engine;
    this.#agent = agent;
    this.#marks = marks;
    this.#outages = outages;
  }

  /** All containers of a session, the newest generation first. More than one only after a crash in between. */
  async ofSession(sessionId: string): Promise<ContainerInfo[]> {
    const found = await this.#list([ofAgent(this.#agent), ofSession(sessionId)]);
    return found.sort((a, b) => generationOf(b.Labels) - generationOf(a.Labels));
  }

  /** All that this agent made, sessions' and tasks', as the engine lists them. */
  ofAgent(): Promise<ContainerInfo[]> {
    return this.#list([ofAgent(this.#agent)]);
  }

  async all(): Promise<SeenSession[]> {
    const newest = new Map<string, ContainerInfo>();
    for (const container of await this.ofAgent()) {
      const sessionId = container.Labels[LABEL.session];
      if (!sessionId) continue;
      const other = newest.get(sessionId);
      if (!other || generationOf(other.Labels) < generationOf(container.Labels)) newest.set(sessionId, container);
    }
    const seen = await Promise.all([...newest.values()].map((container) => this.#seenInList(container)));
    return seen.filter((session) => session !== null);
  }

  async inspect(containerId: string): Promise<ContainerInspectInfo | null> {
    try {
      return await this.#docker.getContainer(containerId).inspect();
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw engineError(error, `look at container ${containerId.slice(0, 12)}`, this.#engine);
    }
  }

  /** The higher of what the label says and what a wake from frozen gave. */
  generationOf(sessionId: string, labels: Labels): number {
    return Math.max(generationOf(labels), this.#marks.get(sessionId)?.generation ?? 0);
  }

  seen(sessionId: string, container: ContainerInspectInfo): SeenSession {
    const { State, Config, Id, Name } = container;
    const base = {
      sessionId,
      generation: this.generationOf(sessionId, Config.Labels),
      containerId: Id,
      containerName: Name.replace(/^\//, ""),
      address: container.NetworkSettings.Networks[SESSION_NETWORK]?.IPAddress || null,
      name: Config.Labels[LABEL.name],
      image: Config.Image,
      reason: null,
      errorCode: null,
      probes: readProbes(Config.Labels[LABEL.health]),
    };
    if (State.Paused) return { ...base, observed: "frozen" };
    if (State.Running) return { ...base, observed: "running" };
    if (State.Status === "created" && !State.Error) return { ...base, observed: "starting" };
    if (this.#marks.get(sessionId)?.stopped) return { ...base, observed: "stopped" };
    return {
      ...base,
      observed: "failed",
      reason: State.Error || exitWords(State.ExitCode, State.OOMKilled, this.#outages.cover(Id, new Date(State.FinishedAt))),
      errorCode: "CONTAINER_EXITED",
    };
  }

  async #list(labels: string[]): Promise<ContainerInfo[]> {
    try {
      return await this.#docker.listContainers({ all: true, filters: { label: labels } });
    } catch (error) {
      throw engineError(error, "list the containers of sessions", this.#engine);
    }
  }

  /** A list says enough of what runs; for what doesn't, the exit code is asked for. */
  async #seenInList(container: ContainerInfo): Promise<SeenSession | null> {
    const sessionId = container.Labels[LABEL.session] ?? "";
    if (container.State !== "running" && container.State !== "paused") {
      const full = await this.inspect(container.Id);
      return full && this.seen(sessionId, full);
    }
    return {
      sessionId,
      generation: this.generationOf(sessionId, container.Labels),
      observed: container.State === "paused" ? "frozen" : "running",
      containerId: container.Id,
      containerName: container.Names[0]?.replace(/^\//, "") ?? null,
      address: container.NetworkSettings.Networks[SESSION_NETWORK]?.IPAddress || null,
      name: container.Labels[LABEL.name],
      image: container.Image,
      reason: null,
      errorCode: null,
      probes: readProbes(container.Labels[LABEL.health]),
    };
  }
}
