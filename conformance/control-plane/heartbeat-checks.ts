import type { Check } from "../check";
import { errorShape, heartbeatAnswerShape } from "../contract/shapes";
import { eventually, expectEqual, expectShape, expectStatus, expectThat } from "../expectations";
import { onceFor } from "../once";
import { makeAgentKey } from "../wire/agent-key";
import type { Plane } from "./plane";
import type { PlayedAgent } from "./played-agent";

const section = "heartbeat";

/** One that has no channel, so that what is seen of it came by request. */
const quietAgent = onceFor("agent without a channel", (plane: Plane) => (plane.options.admin ? plane.enrol() : plane.agent()));
const beat = (agent: PlayedAgent, body: unknown) => agent.ask("POST", `/api/v1/agents/${agent.id}/heartbeat`, body);

/** Heartbeats may be written together, so what one told is waited for. */
async function untilSeen(plane: Plane, agent: PlayedAgent, field: string, wanted: unknown): Promise<void> {
  const text = JSON.stringify(wanted);
  const told = { expected: text, where: `GET /api/v1/agents/{id}, ${field}`, patienceMs: plane.patienceMs };
  await eventually(
    async () => (await plane.agentRow(agent.id))[field],
    (value) => JSON.stringify(value) === text,
    told,
  );
}

export const heartbeatChecks: readonly Check<Plane>[] = [
  {
    id: "agents-50",
    section,
    says: "The contract's heartbeat is answered 200 with the tasks that wait, and with no renewal of a fresh certificate",
    async run(plane) {
      const agent = await quietAgent(plane);
      const answer = await beat(agent, {
        status: "healthy",
        resourceUsage: { cpu: 15.5, memory: 45.2, disk: 60 },
        capabilities: ["docker", "compose"],
        runningTasks: 2,
      });
      expectStatus(answer, 200);
      const reply = expectShape(heartbeatAnswerShape, answer.json, answer.where);
      expectEqual(reply.certificateRenewal, undefined, `${answer.where}, certificateRenewal`);
    },
  },
  {
    id: "agents-51",
    section,
    says: "What a heartbeat told is seen: usage, capabilities and when it came",
    async run(plane) {
      const agent = await quietAgent(plane);
      const resourceUsage = { cpu: 33.5, memory: 44.5, disk: 55.5 };
      expectStatus(await beat(agent, { resourceUsage, capabilities: ["docker", "nomad"] }), 200);
      await untilSeen(plane, agent, "resource_usage", resourceUsage);
      await untilSeen(plane, agent, "capabilities", ["docker", "nomad"]);
      const { last_heartbeat: heard } = await plane.agentRow(agent.id);
      expectThat(typeof heard === "string", "a time", heard, "GET /api/v1/agents/{id}, last_heartbeat");
    },
  },
  {
    id: "agents-52",
    section,
    says: "An agent that says degraded is shown as degraded",
    async run(plane) {
      const agent = await quietAgent(plane);
      expectStatus(await beat(agent, { status: "degraded", statusReason: "the disk is slow" }), 200);
      await untilSeen(plane, agent, "status", "degraded");
    },
  },
  {
    id: "agents-53",
    section,
    says: "A heartbeat with a CSR is answered with a certificate for it, and when that ends",
    async run(plane) {
      const agent = await quietAgent(plane);
      const answer = await beat(agent, { csr: (await makeAgentKey(agent.name)).csr });
      expectStatus(answer, 200);
      const { certificateRenewal } = expectShape(heartbeatAnswerShape, answer.json, answer.where);
      expectThat(certificateRenewal !== undefined, "certificateRenewal", answer.json, answer.where);
    },
  },
  {
    id: "agents-54",
    section,
    says: "A heartbeat with a field that is not known or of a wrong kind is refused with 400, and the field is named",
    async run(plane) {
      const agent = await quietAgent(plane);
      for (const [field, body] of [
        ["mood", { mood: "good" }],
        ["status", { status: "well" }],
        ["runningTasks", { runningTasks: -1 }],
        ["resourceUsage", { resourceUsage: { cpu: "high", memory: 1 } }],
      ] as const) {
        const answer = await beat(agent, body);
        expectStatus(answer, 400, `for '${field}'`);
        const { message } = expectShape(errorShape, answer.json, answer.where);
        expectThat(message.includes(field), `a message that names '${field}'`, message, `${answer.where}, message`);
      }
    },
  },
];
