import { BerthError } from "@berth/protocol/errors";
import { NODE_API, NODE_HEADER, nodeEventsSchema } from "@berth/protocol/node-api";
import type { z } from "zod";
import type { Database } from "../../platform/database";
import type { NodeManagement } from "../identity/node-management-service";
import { agentMissing } from "./agent-missing";
import type { agentNodeEventsInput, agentNodeEventsOutput } from "./agents-schema";
import { findAgent } from "./agents-store";

export interface NodeAsked {
  readonly method: "GET" | "POST" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The way to agents' own HTTP API, for whole nodes; the composition root has it. Throws what the agent refuses with. */
export interface NodeRequests {
  request(
    target: { readonly agentId: string; readonly agentName: string; readonly baseUrl: string | null },
    asked: NodeAsked,
  ): Promise<unknown>;
}

export interface AgentNodeDeps {
  readonly database: Database;
  readonly nodeApi: NodeRequests;
  readonly management: Pick<NodeManagement, "token">;
}

/** What an agent says of its node, asked of the agent itself. */
export class AgentNodeService {
  constructor(private readonly deps: AgentNodeDeps) {}

  /** By UUID or `agent_id`. Throws AGENT_TOO_OLD, AGENT_OFFLINE and what the way to it may throw. */
  async events({ id, limit, cursor }: z.output<typeof agentNodeEventsInput>): Promise<z.output<typeof agentNodeEventsOutput>> {
    const query = new URLSearchParams({ limit: String(limit), ...(cursor ? { cursor } : {}) });
    const answer = nodeEventsSchema.safeParse(await this.ask(id, `/events?${query}`));
    if (!answer.success) throw new BerthError("TUNNEL_FAILED", `Agent '${id}' answered, and it was not understood`);
    const { events, nextCursor } = answer.data;
    return { events: events.map(({ timestamp, ...event }) => ({ ...event, at: dateOf(timestamp) })), nextCursor };
  }

  private async ask(id: string, path: string): Promise<unknown> {
    const agent = await findAgent(this.deps.database, id);
    if (!agent) throw agentMissing(id);
    if (!agent.capabilities.includes(NODE_API) && agent.nodeApiUrl === null)
      throw new BerthError("AGENT_TOO_OLD", `Agent '${agent.name}' keeps no events of its own; a newer one does`);
    const headers = { authorization: `Bearer ${await this.deps.management.token({ node: agent.id })}`, [NODE_HEADER]: agent.id };
    const target = { agentId: agent.id, agentName: agent.name, baseUrl: agent.nodeApiUrl };
    return this.deps.nodeApi.request(target, { method: "GET", path, headers });
  }
}

const dateOf = (text: string): Date | null => {
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time);
};
