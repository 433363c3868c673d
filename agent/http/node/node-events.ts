/** What happened on the node lately, in memory: begins anew with the agent. */
import { MAX_NODE_EVENTS, type NodeEvent, type NodeEvents } from "@berth/protocol/node-api";
import type { Clock } from "../../clock";

const KEPT = 2_000;

export type NodeEventLevel = NodeEvent["level"];

export class NodeEventLog {
  /** Oldest first. */
  readonly #events: NodeEvent[] = [];
  #count = 0;

  constructor(private readonly clock: Clock) {}

  note(level: NodeEventLevel, type: string, message: string, workspaceId: string | null = null): void {
    this.#count += 1;
    const timestamp = this.clock.now().toISOString();
    this.#events.push({ id: String(this.#count), timestamp, level, type, message: message.slice(0, 1000), workspaceId });
    if (this.#events.length > KEPT) this.#events.shift();
  }

  /** Newest first, those before `cursor` alone. One that is no cursor of this list's begins at the newest. */
  list({
    limit,
    cursor,
    workspaceId,
  }: {
    readonly limit: number;
    readonly cursor: string | null;
    readonly workspaceId?: string;
  }): NodeEvents {
    const before = cursor !== null && /^\d{1,15}$/.test(cursor) ? Number(cursor) : Number.POSITIVE_INFINITY;
    const of = this.#events.filter(
      (event) => Number(event.id) < before && (workspaceId === undefined || event.workspaceId === workspaceId),
    );
    const page = of.slice(-Math.max(1, Math.min(limit, MAX_NODE_EVENTS))).reverse();
    return { events: page, nextCursor: page.length < of.length ? (page.at(-1)?.id ?? null) : null };
  }
}
