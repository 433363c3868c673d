import type { Check } from "../check";
import { agentDetailShape, agentListShape, agentStatsShape, errorShape } from "../contract/shapes";
import { demandServed, eventually, expectEqual, expectShape, expectStatus, expectThat } from "../expectations";
import type { Plane } from "./plane";

const section = "agents";

async function listed(plane: Plane, query: string): Promise<string[]> {
  const answer = await plane.admin("GET", `/agents?limit=100&${query}`);
  expectStatus(answer, 200);
  return expectShape(agentListShape, answer.json, answer.where).agents.map(({ agent_id }) => agent_id);
}

export const agentsChecks: readonly Check<Plane>[] = [
  {
    id: "agents-30",
    section,
    says: "The list of agents has the fields of both contracts, in pages",
    async run(plane) {
      await plane.agent();
      const answer = await plane.admin("GET", "/agents?page=1&limit=1");
      expectStatus(answer, 200);
      const { agents, pagination } = expectShape(agentListShape, answer.json, answer.where);
      expectEqual([agents.length, pagination.page, pagination.limit], [1, 1, 1], `${answer.where}, pagination`);
    },
  },
  {
    id: "agents-31",
    section,
    says: "The filters of both contracts hold: platform, region, status and capability",
    async run(plane) {
      const agent = await plane.agent();
      const channel = await plane.channelOf(agent);
      const where = "GET /api/v1/agents";
      for (const [query, in_] of [
        ["platform=docker", true],
        ["platform=kubernetes", false],
        ["region=conformance", true],
        ["region=elsewhere", false],
        ["status=online", true],
        ["status=draining", false],
        ["capability=compose", true],
        ["capability=winrm", false],
      ] as const) {
        const names = await listed(plane, query);
        expectThat(names.includes(agent.name) === in_, `${agent.name} ${in_ ? "among" : "not among"} them`, names, `${where}?${query}`);
      }
      await channel.close();
    },
  },
  {
    id: "agents-32",
    section,
    says: "A filter that has no such value is refused with 400",
    async run(plane) {
      for (const query of ["status=asleep", "platform=toaster", "limit=101", "page=0", "colour=blue"])
        expectStatus(await plane.admin("GET", `/agents?${query}`), 400, `for ?${query}`);
    },
  },
  {
    id: "agents-33",
    section,
    says: "An agent is found by its UUID and by its agent_id, with its sessions and labels",
    async run(plane) {
      const agent = await plane.agent();
      for (const ref of [agent.id, agent.name]) {
        const answer = await plane.admin("GET", `/agents/${ref}`);
        expectStatus(answer, 200);
        const found = expectShape(agentDetailShape, answer.json, answer.where);
        expectEqual([found.id, found.agent_id], [agent.id, agent.name], `${answer.where}, id and agent_id`);
        expectEqual(found.labels.datacenter, "us-east-1", `${answer.where}, labels.datacenter`);
      }
    },
  },
  {
    id: "agents-34",
    section,
    says: "An agent that isn't there is a 404 AGENT_NOT_FOUND in the error format",
    async run(plane) {
      const answer = await plane.admin("GET", "/agents/no-such-agent");
      expectStatus(answer, 404);
      expectEqual(expectShape(errorShape, answer.json, answer.where).code, "AGENT_NOT_FOUND", `${answer.where}, code`);
    },
  },
  {
    id: "agents-35",
    section,
    says: "The statistics count agents by status and platform, with their capacity",
    async run(plane) {
      await plane.agent();
      const answer = await plane.admin("GET", "/agents/stats");
      expectStatus(answer, 200);
      const stats = expectShape(agentStatsShape, answer.json, answer.where);
      expectThat(stats.total_agents >= 1, "at least one agent", stats.total_agents, `${answer.where}, total_agents`);
    },
  },
  {
    id: "agents-36",
    section,
    says: "PUT changes an agent's labels and capabilities and answers with the agent",
    async run(plane) {
      const agent = await plane.agent();
      const change = { labels: { datacenter: "us-west-2" }, capabilities: ["docker", "compose", "ssh"] };
      const answer = await plane.admin("PUT", `/agents/${agent.id}`, change);
      demandServed(answer);
      expectStatus(answer, 200);
      const changed = await plane.agentRow(agent.id);
      expectThat(JSON.stringify(changed.labels).includes("us-west-2"), "the new label", changed.labels, "GET /api/v1/agents/{id}, labels");
      const has = Array.isArray(changed.capabilities) && changed.capabilities.includes("ssh");
      expectThat(has, "the new capability", changed.capabilities, "GET /api/v1/agents/{id}, capabilities");
    },
  },
  {
    id: "agents-37",
    section,
    says: "PATCH drains an agent and takes it back; 'offline' can't be asked for",
    async run(plane) {
      const agent = await plane.agent();
      const channel = await plane.channelOf(agent);
      for (const status of ["draining", "online"]) {
        const answer = await plane.admin("PATCH", `/agents/${agent.name}`, { status });
        expectStatus(answer, 200);
        const look = async () => (await plane.agentRow(agent.name)).status;
        await eventually(look, (now) => now === status, {
          expected: status,
          where: "GET /api/v1/agents/{id}, status",
          patienceMs: plane.patienceMs,
        });
      }
      expectStatus(await plane.admin("PATCH", `/agents/${agent.name}`, { status: "offline" }), 400);
      expectStatus(await plane.admin("PATCH", "/agents/no-such-agent", { status: "draining" }), 404);
      await channel.close();
    },
  },
  {
    id: "agents-38",
    section,
    says: "Nobody, and no agent's own credential, reads or changes agents: 401 or 403",
    async run(plane) {
      const agent = await plane.agent();
      for (const [method, target] of [
        ["GET", "/api/v1/agents"],
        ["GET", `/api/v1/agents/${agent.id}`],
        ["DELETE", `/api/v1/agents/${agent.id}`],
      ] as const) {
        expectStatus(await plane.ask(method, target), 401);
        expectStatus(await agent.ask(method, target), [401, 403], "by an agent");
      }
    },
  },
  {
    id: "agents-39",
    section,
    says: "DELETE answers 200 with deleted: true, ends the agent's channel, and its credential is good for nothing; a second one is a 404",
    async run(plane) {
      const agent = await plane.enrol();
      const channel = await agent.registered();
      const answer = await plane.admin("DELETE", `/agents/${agent.id}`);
      expectStatus(answer, 200);
      expectEqual(answer.json, { deleted: true }, `${answer.where}, body`);
      await channel.end("when the agent was deleted");
      expectStatus(await agent.ask("POST", `/api/v1/agents/${agent.id}/heartbeat`, {}), 401);
      const { status } = await agent.upgrade(agent.channelTarget);
      expectThat(status === 401, "401", status, "upgrade of /agent/ws");
      expectStatus(await plane.admin("DELETE", `/agents/${agent.id}`), 404);
    },
  },
  {
    id: "agents-40",
    section,
    says: "What needs an agent that is offline is refused with 503",
    async run(plane) {
      const agent = await plane.enrol();
      const answer = await plane.createSession(agent);
      expectStatus(answer, 503);
      const { code } = expectShape(errorShape, answer.json, answer.where);
      expectThat(
        ["AGENT_OFFLINE", "NO_AGENTS_AVAILABLE"].includes(code),
        "AGENT_OFFLINE or NO_AGENTS_AVAILABLE",
        code,
        `${answer.where}, code`,
      );
    },
  },
];
