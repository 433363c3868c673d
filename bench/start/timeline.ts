/** Where the time of a start goes, by the session's own timeline. */
import { z } from "zod";
import { median, rounded } from "../measure/statistics";
import type { BerthStack } from "./berth-stack";

const eventsSchema = z.object({ events: z.array(z.object({ at: z.coerce.date(), kind: z.string() })) });

export interface Step {
  readonly kind: string;
  /** Median, since the request. */
  readonly afterMs: number;
}

export class Timelines {
  readonly #after = new Map<string, number[]>();

  async add(stack: BerthStack, sessionId: string): Promise<void> {
    const { events } = await stack.call("GET", `/sessions/${sessionId}/events`, null, eventsSchema);
    const requested = events.find(({ kind }) => kind === "requested")?.at.getTime();
    if (requested === undefined) return;
    for (const { kind, at } of events) this.#after.set(kind, [...(this.#after.get(kind) ?? []), at.getTime() - requested]);
  }

  medians(): Step[] {
    return [...this.#after].map(([kind, values]) => ({ kind, afterMs: rounded(median(values)) })).sort((a, b) => a.afterMs - b.afterMs);
  }
}
