/** Tells of what happens to sessions by itself: not of what an operation of ours does, which says so in its result. */

import type { Log } from "../../log";
import type { DriverListener } from "../driver";
import type { ContainerEnder } from "./container-end";
import type { DisplayFolders } from "./display-socket";
import type { EngineContainers } from "./engine-containers";
import type { ContainerEvent, EngineEvents } from "./engine-events";
import type { EngineHealth } from "./engine-health";
import type { EngineOutages } from "./engine-outages";
import type { SessionMarks } from "./session-marks";

export interface SessionWatchParts {
  readonly events: EngineEvents;
  readonly containers: EngineContainers;
  readonly ender: ContainerEnder;
  readonly folders: DisplayFolders;
  readonly marks: SessionMarks;
  readonly health: EngineHealth;
  readonly outages: EngineOutages;
  readonly log: Log;
  /** The engine is back: what the driver needs of it is made sure of before anyone is told. */
  returned(): Promise<void>;
}

export class SessionWatch {
  readonly #parts: SessionWatchParts;
  readonly #listeners = new Set<DriverListener>();
  /** Sessions that an operation of ours is under way for: what the engine tells of them is our own doing. */
  readonly #busy = new Map<string, number>();

  constructor(parts: SessionWatchParts) {
    this.#parts = parts;
  }

  begin(): void {
    const { events, log, health, outages, returned } = this.#parts;
    events.follow({
      happened: (event) =>
        void this.#happened(event).catch((error: unknown) => log.warn({ err: error }, "an event could not be followed up")),
      connected: (again) => {
        outages.ended();
        if (!again) return;
        log.info("the container engine is back");
        void returned().then(() => {
          for (const listener of this.#listeners) listener.engineReturned();
        });
      },
      lost: (reason) => {
        outages.began();
        health.lost(reason);
        log.warn({ reason }, "the container engine is away");
      },
    });
  }

  add(listener: DriverListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async end(): Promise<void> {
    this.#listeners.clear();
    await this.#parts.events.stop();
  }

  /** What happens to the session meanwhile is not told. */
  async during<T>(sessionId: string, run: () => Promise<T>): Promise<T> {
    this.#busy.set(sessionId, (this.#busy.get(sessionId) ?? 0) + 1);
    try {
      return await run();
    } finally {
      const left = (this.#busy.get(sessionId) ?? 1) - 1;
      if (left > 0) this.#busy.set(sessionId, left);
      else this.#busy.delete(sessionId);
    }
  }

  async #happened(event: ContainerEvent): Promise<void> {
    const { containers, ender, outages } = this.#parts;
    const { action, containerId, sessionId } = event;
    if (this.#busy.has(sessionId) || ender.removedByUs(containerId)) return;
    if (action === "die") await outages.diedNow(containerId);
    const container = await containers.inspect(containerId);
    if (this.#busy.has(sessionId)) return;
    if (container) {
      const seen = containers.seen(sessionId, container);
      for (const listener of this.#listeners) listener.observed(seen);
    } else if (action === "destroy" && (await containers.ofSession(sessionId)).length === 0) {
      await this.#vanished(event);
    }
  }

  async #vanished({ sessionId, containerId, generation: labelled }: ContainerEvent): Promise<void> {
    const { marks, folders } = this.#parts;
    const generation = Math.max(labelled, marks.get(sessionId)?.generation ?? 0);
    await folders.remove(sessionId);
    await marks.clear(sessionId);
    for (const listener of this.#listeners) {
      listener.observed({
        sessionId,
        generation,
        observed: "removed",
        containerId,
        containerName: null,
        address: null,
        reason: "its container was removed from outside",
        errorCode: "CONTAINER_EXITED",
      });
    }
  }
}
