/** When the engine was away: what ended then did not end by itself. Its containers end with it, unless it keeps them alive. */
import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import type { EngineTarget } from "./engine-target";

const PROBE_MS = 5000;
const KEPT = 20;
/** Containers whose end is remembered as the engine's doing. */
const MAX_REMEMBERED = 1000;

export class EngineOutages {
  readonly #target: EngineTarget;
  readonly #spans: Array<{ readonly from: number; to: number }> = [];
  readonly #endedWithEngine = new Set<string>();

  constructor(target: EngineTarget) {
    this.#target = target;
  }

  began(): void {
    if (this.#spans.at(-1)?.to === Number.POSITIVE_INFINITY) return;
    this.#spans.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
    if (this.#spans.length > KEPT) this.#spans.shift();
  }

  ended(): void {
    const last = this.#spans.at(-1);
    if (last) last.to = Math.min(last.to, Date.now());
  }

  /**
   * To be asked when a container has just died. An engine that is being stopped takes no new calls before it ends its containers and still
   * tells of their ends on the connections that it has.
   */
  async diedNow(containerId: string): Promise<void> {
    const asked = Date.now();
    const answers = await takesCalls(this.#target);
    const awayMeanwhile = (this.#spans.at(-1)?.to ?? 0) >= asked;
    if (answers && !awayMeanwhile) return;
    this.#endedWithEngine.add(containerId);
    for (const oldest of this.#endedWithEngine) {
      if (this.#endedWithEngine.size <= MAX_REMEMBERED) return;
      this.#endedWithEngine.delete(oldest);
    }
  }

  /** Whether a container's end fell into a time in which the engine was away or on its way out. */
  cover(containerId: string, finishedAt: Date): boolean {
    const time = finishedAt.getTime();
    return this.#endedWithEngine.has(containerId) || this.#spans.some(({ from, to }) => from <= time && time <= to);
  }
}

/** Over a connection of its own: one that is open already is served to the end. */
function takesCalls({ options }: EngineTarget): Promise<boolean> {
  return new Promise((resolve) => {
    const { socketPath, host, port, ca, cert, key } = options;
    const where = { path: "/_ping", agent: false, ...(socketPath ? { socketPath } : { host, port }) } as const;
    const call =
      options.protocol === "https"
        ? secureRequest({ ...where, ca, cert, key, timeout: PROBE_MS })
        : plainRequest({ ...where, timeout: PROBE_MS });
    call.on("response", (response) => {
      response.resume();
      resolve(true);
    });
    call.on("timeout", () => call.destroy(new Error("no answer")));
    call.on("error", () => resolve(false));
    call.end();
  });
}
