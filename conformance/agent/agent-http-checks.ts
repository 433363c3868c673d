/** The agent's own HTTP API: each endpoint of the node contract, whether it is there and refuses strangers. */
import { z } from "zod";
import { type Check, NotServed } from "../check";
import { demandServed, expectShape, expectStatus } from "../expectations";
import { ask, type Question, upgrade } from "../wire/ask";
import type { AgentWorld } from "./agent-world";

const section = "agent-http";
const nodeErrorShape = z.object({ error: z.string().regex(/^[a-z_]+$/), message: z.string().min(1) });

const endpoints: readonly (readonly [Question["method"] | "WS", string, string])[] = [
  ["GET", "/health", "Its health, how many workspaces and sessions it has, and whether it is ready"],
  ["GET", "/events", "What happened on the node lately"],
  ["GET", "/workspaces", "The workspaces that it has"],
  ["POST", "/workspaces", "A new workspace"],
  ["GET", "/workspaces/{workspaceId}", "One workspace"],
  ["POST", "/workspaces/{workspaceId}/stop", "Stopping a workspace, its files kept"],
  ["POST", "/workspaces/{workspaceId}/restart", "Starting it again"],
  ["DELETE", "/workspaces/{workspaceId}", "Deleting it"],
  ["GET", "/workspaces/{workspaceId}/events", "What happened in a workspace lately"],
  ["GET", "/workspaces/{workspaceId}/agent-sessions", "The AI sessions of a workspace"],
  ["POST", "/workspaces/{workspaceId}/agent-sessions", "A new AI session"],
  ["POST", "/workspaces/{workspaceId}/agent-sessions/{sessionId}/start", "Starting it with a first prompt"],
  ["POST", "/workspaces/{workspaceId}/agent-sessions/{sessionId}/stop", "Stopping it"],
  ["WS", "/agent/ws", "Attaching to an AI session"],
];

export const agentHttpChecks: readonly Check<AgentWorld>[] = endpoints.map(([method, path, what], at) => ({
  id: `node-${10 + at}` as const,
  section,
  says: `${what}: ${method} ${path} is there, and refuses with 401 who shows no token`,
  async run(world) {
    const base = world.options.agentHttp;
    if (!base) throw new NotServed("the agent's HTTP API has no address; where it has, give --agent-http", `${method} ${path}`);
    const target = path.replace("{workspaceId}", "conformance").replace("{sessionId}", "conformance");
    if (method === "WS") {
      const { status } = await upgrade(base, { target });
      if (status === 404) throw new NotServed(String(status), `${method} ${path}`);
      return;
    }
    const answer = await ask(base, { method, target, ...(method === "POST" ? { body: Buffer.from("{}") } : {}) });
    demandServed(answer);
    expectStatus(answer, 401);
    expectShape(nodeErrorShape, answer.json, `${answer.where}, body`);
  },
}));
