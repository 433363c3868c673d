/** The agent's own HTTP API: every endpoint of the node contract refuses strangers and does what it says for the control plane. */
import { randomUUID } from "node:crypto";
import { nodeErrorSchema, nodeEventsSchema, nodeHealthSchema, workspaceSchema, workspacesSchema } from "@berth/protocol/node-api";
import type { Check } from "../check";
import { demandServed, eventually, expectEqual, expectShape, expectStatus, expectThat } from "../expectations";
import type { Answer, Question } from "../wire/ask";
import type { AgentWorld } from "./agent-world";
import { askNode, nodeToken } from "./node-caller";

const section = "agent-http";

type Endpoint = readonly [method: Question["method"], path: string, what: string];
const endpoints: readonly Endpoint[] = [
  ["GET", "/health", "Its health, how many workspaces and sessions it has, and whether it is ready"],
  ["GET", "/events", "What happened on the node lately"],
  ["GET", "/workspaces", "The workspaces that it has"],
  ["POST", "/workspaces", "A new workspace"],
  ["GET", "/workspaces/{workspaceId}", "One workspace"],
  ["POST", "/workspaces/{workspaceId}/stop", "Stopping a workspace, its files kept"],
  ["POST", "/workspaces/{workspaceId}/restart", "Starting it again"],
  ["DELETE", "/workspaces/{workspaceId}", "Deleting it"],
  ["GET", "/workspaces/{workspaceId}/events", "What happened in a workspace lately"],
];
const aiEndpoints: readonly Endpoint[] = [
  ["GET", "/workspaces/{workspaceId}/agent-sessions", "The AI sessions of a workspace"],
  ["POST", "/workspaces/{workspaceId}/agent-sessions", "A new AI session"],
  ["POST", "/workspaces/{workspaceId}/agent-sessions/{sessionId}/start", "Starting it with a first prompt"],
  ["POST", "/workspaces/{workspaceId}/agent-sessions/{sessionId}/stop", "Stopping it"],
  ["GET", "/agent/ws", "Attaching to an AI session"],
];

const missing = "00000000-0000-4000-8000-000000000000";
const filled = (path: string) => path.replace("{workspaceId}", missing).replace("{sessionId}", "conformance");

function expectRefusal(answer: Answer, status: number, code?: string): void {
  expectStatus(answer, status);
  const { error } = expectShape(nodeErrorSchema, answer.json, `${answer.where}, body`);
  if (code) expectEqual(error, code, `${answer.where}, error`);
}

/** With a token as it should be: a path that isn't there says so, whatever else is missing. */
async function demandThere(world: AgentWorld, [method, path]: Endpoint): Promise<void> {
  const answer = await askNode(world, method, filled(path), method === "POST" ? {} : undefined);
  const error = nodeErrorSchema.safeParse(answer.json).data?.error;
  if (error === undefined || error === "not_found") demandServed(answer);
}

const refusesStrangers = (endpoint: Endpoint, at: number, part: string): Check<AgentWorld> => {
  const [method, path, what] = endpoint;
  return {
    id: `node-${at}`,
    section: part,
    says: `${what}: ${method} ${path} is there, and refuses with 401 who shows no token`,
    async run(world) {
      await demandThere(world, endpoint);
      expectRefusal(await askNode(world, method, filled(path), method === "POST" ? {} : undefined, { token: null }), 401, "unauthorized");
    },
  };
};

export const agentHttpChecks: readonly Check<AgentWorld>[] = [
  ...endpoints.map((endpoint, at) => refusesStrangers(endpoint, 10 + at, section)),
  ...aiEndpoints.map((endpoint, at) => refusesStrangers(endpoint, 19 + at, "agent-ai-sessions")),
  {
    id: "node-30",
    section,
    says: "A token is good for its node and its workspace alone, as path and X-SAM headers say, and while it lasts",
    async run(world) {
      const path = `/workspaces/${missing}`;
      const token = (workspace?: string, changed = {}) => nodeToken(world, workspace, changed);
      expectRefusal(await askNode(world, "GET", path), 404, "workspace_not_found");
      expectRefusal(await askNode(world, "GET", path, undefined, { token: await token() }), 403, "forbidden");
      expectRefusal(await askNode(world, "GET", path, undefined, { token: await token(randomUUID()) }), 403, "forbidden");
      expectRefusal(await askNode(world, "GET", path, undefined, { headers: { "x-sam-workspace-id": randomUUID() } }), 403, "forbidden");
      expectRefusal(await askNode(world, "GET", "/health", undefined, { headers: { "x-sam-node-id": randomUUID() } }), 403, "forbidden");
      expectRefusal(
        await askNode(world, "GET", "/health", undefined, { token: await token(undefined, { node: randomUUID() }) }),
        403,
        "forbidden",
      );
      const over = Math.floor(Date.now() / 1000) - 3600;
      expectRefusal(
        await askNode(world, "GET", "/health", undefined, { token: await token(undefined, { iat: over, exp: over + 60 }) }),
        401,
        "unauthorized",
      );
    },
  },
  {
    id: "node-31",
    section,
    says: "Its health names the node and counts workspaces and sessions; its events come newest first, page by page",
    async run(world) {
      const { agentId } = await world.plane();
      const health = await askNode(world, "GET", "/health");
      expectStatus(health, 200);
      expectEqual(expectShape(nodeHealthSchema, health.json, health.where).nodeId, agentId, `${health.where}, nodeId`);
      const page = async (query: string) => {
        const answer = await askNode(world, "GET", `/events?${query}`);
        expectStatus(answer, 200);
        return expectShape(nodeEventsSchema, answer.json, answer.where);
      };
      const first = await page("limit=1");
      expectThat(first.events.length === 1, "one event for limit=1", first, "GET /events");
      if (first.nextCursor === null) return;
      const second = await page(`limit=1&cursor=${encodeURIComponent(first.nextCursor)}`);
      expectThat(second.events[0]?.id !== first.events[0]?.id, "another event past the cursor", second, "GET /events");
    },
  },
  {
    id: "node-32",
    section,
    says: "A workspace is made, listed, stopped with its files kept, restarted and deleted, and each leaves an event",
    async run(world) {
      const workspaceId = randomUUID();
      const of = `/workspaces/${workspaceId}`;
      const wish = {
        workspaceId,
        repository: "https://conformance.invalid/none.git",
        branch: "main",
        callbackToken: "conformance",
        image: world.options.image,
      };
      const until = (status: string) =>
        eventually(
          async () => expectShape(workspaceSchema, (await askNode(world, "GET", of)).json, `GET ${of}`),
          (workspace) => workspace.status === status,
          { expected: `status ${status}`, where: `GET ${of}`, patienceMs: world.options.patienceMs },
        );
      expectStatus(await askNode(world, "POST", "/workspaces", wish), [200, 201, 202]);
      await until("running");
      const listed = await askNode(world, "GET", "/workspaces");
      const { workspaces } = expectShape(workspacesSchema, listed.json, listed.where);
      expectThat(
        workspaces.some((one) => one.workspaceId === workspaceId),
        "the new workspace",
        workspaces,
        listed.where,
      );
      expectRefusal(await askNode(world, "POST", "/workspaces", wish), 409);
      expectStatus(await askNode(world, "POST", `${of}/stop`), [200, 202]);
      await until("stopped");
      expectRefusal(await askNode(world, "POST", `${of}/stop`), 409, "workspace_not_running");
      expectStatus(await askNode(world, "POST", `${of}/restart`), [200, 202]);
      await until("running");
      const events = await askNode(world, "GET", `${of}/events`);
      const told = expectShape(nodeEventsSchema, events.json, events.where).events;
      expectThat(
        told.length >= 3 && told.every((event) => event.workspaceId === workspaceId),
        "this workspace's events",
        told,
        events.where,
      );
      expectStatus(await askNode(world, "DELETE", of), [200, 202, 204]);
      expectRefusal(await askNode(world, "GET", of), 404, "workspace_not_found");
    },
  },
];
