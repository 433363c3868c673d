import type { MeteredSocket } from "./metered-socket";

export interface Reading {
  /** Milliseconds to the agent and back; null: it answers no pings, or none yet. */
  readonly latency: number | null;
  readonly bytesPerSecond: number;
  readonly picturesPerSecond: number;
}

const EVERY_MS = 1_000;
const nothing: Reading = { latency: null, bytesPerSecond: 0, picturesPerSecond: 0 };

/** Reads a connection once a second, for as long as it lasts. */
export class ConnectionMeter {
  #reading = nothing;
  #timer: ReturnType<typeof setInterval>;
  #listeners = new Set<(reading: Reading) => void>();

  constructor(socket: Pick<MeteredSocket, "received" | "latency" | "ping">, pictures: () => number) {
    let before = { at: performance.now(), bytes: socket.received, pictures: pictures() };
    socket.ping();
    this.#timer = setInterval(() => {
      const now = { at: performance.now(), bytes: socket.received, pictures: pictures() };
      const seconds = Math.max(0.001, (now.at - before.at) / 1_000);
      this.#reading = {
        latency: socket.latency,
        bytesPerSecond: (now.bytes - before.bytes) / seconds,
        picturesPerSecond: (now.pictures - before.pictures) / seconds,
      };
      before = now;
      socket.ping();
      for (const listener of this.#listeners) listener(this.#reading);
    }, EVERY_MS);
  }

  get reading(): Reading {
    return this.#reading;
  }

  /** Returns how to stop listening. */
  readonly subscribe = (listener: (reading: Reading) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  stop(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }
}
