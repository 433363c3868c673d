import type Docker from "dockerode";
import { wordsOf } from "../../log";
import type { DriverHealth } from "../driver";

const TIMEOUT_MS = 3000;

/** Whether the engine answers, and since when it doesn't. */
export class EngineHealth {
  readonly #docker: Docker;
  readonly #engine: string;
  #away: { since: Date; reason: string } | null = null;

  constructor(docker: Docker, engine: string) {
    this.#docker = docker;
    this.#engine = engine;
  }

  lost(reason: string): void {
    this.#away ??= { since: new Date(), reason };
  }

  async ask(): Promise<DriverHealth> {
    let late: NodeJS.Timeout | undefined;
    try {
      const silence = new Promise((_resolve, reject) => {
        late = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
      });
      await Promise.race([this.#docker.ping(), silence]);
      this.#away = null;
      return { ok: true };
    } catch (error) {
      this.#away ??= { since: new Date(), reason: wordsOf(error) };
      const since = this.#away.since.toISOString().slice(11, 19);
      return { ok: false, reason: `The container engine at ${this.#engine} has not answered since ${since} UTC: ${this.#away.reason}` };
    } finally {
      clearTimeout(late);
    }
  }
}
