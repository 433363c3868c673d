/** Follows the engine's events of our containers, through its restarts. */
import type Docker from "dockerode";
import { z } from "zod";
import { type Log, wordsOf } from "../../log";
import { generationOf, LABEL, ofAgent } from "./labels";

const eventSchema = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
});

export interface ContainerEvent {
  readonly action: string;
  readonly containerId: string;
  readonly sessionId: string;
  /** By its label. */
  readonly generation: number;
}

export interface EventListener {
  happened(event: ContainerEvent): void;
  /** The stream is there: at first, and after each time that it was away. `again` is false the first time. */
  connected(again: boolean): void;
  /** Why events don't come. */
  lost(reason: string): void;
}

const ACTIONS = ["die", "oom", "pause", "unpause", "destroy"];
const MAX_RETRY_MS = 5000;

export class EngineEvents {
  readonly #docker: Docker;
  readonly #agent: string;
  readonly #log: Log;
  readonly #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(docker: Docker, agent: string, log: Log) {
    this.#docker = docker;
    this.#agent = agent;
    this.#log = log;
  }

  follow(listener: EventListener): void {
    this.#running = this.#follow(listener);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #follow(listener: EventListener): Promise<void> {
    const { signal } = this.#abort;
    let again = false;
    let delay = 250;
    while (!signal.aborted) {
      try {
        const filters = { type: ["container"], label: [ofAgent(this.#agent)], event: ACTIONS };
        const stream = await this.#docker.getEvents({ filters: JSON.stringify(filters), abortSignal: signal });
        listener.connected(again);
        again = true;
        delay = 250;
        await this.#read(stream, listener);
        if (!signal.aborted) listener.lost("its event stream ended");
      } catch (error) {
        if (signal.aborted) return;
        listener.lost(wordsOf(error));
        again = true;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, delay);
        timer.unref();
        signal.addEventListener("abort", done, { once: true });
        function done() {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          resolve();
        }
      });
      delay = Math.min(MAX_RETRY_MS, delay * 2);
    }
  }

  async #read(stream: NodeJS.ReadableStream, listener: EventListener): Promise<void> {
    let rest = "";
    for await (const chunk of stream) {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim()) this.#take(line, listener);
    }
  }

  #take(line: string, listener: EventListener): void {
    try {
      const { Action, Actor } = eventSchema.parse(JSON.parse(line));
      const sessionId = Actor.Attributes[LABEL.session];
      if (sessionId) listener.happened({ action: Action, containerId: Actor.ID, sessionId, generation: generationOf(Actor.Attributes) });
    } catch (error) {
      this.#log.warn({ err: error }, "an event of the engine was not understood");
    }
  }
}
