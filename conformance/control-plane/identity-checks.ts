import type { Check } from "../check";
import { NotRun } from "../check";
import { certificateAnswerShape, errorShape } from "../contract/shapes";
import { expectShape, expectStatus, expectThat, expectUpgrade } from "../expectations";
import { makeAgentKey, type ProofOf } from "../wire/agent-key";
import { makeAuthority } from "../wire/authority";
import type { Plane } from "./plane";
import { believing, type PlayedAgent } from "./played-agent";

const section = "identity";

/** A request that only its agent may make, and that changes nothing. */
async function asks(agent: PlayedAgent, changed: Partial<ProofOf>, status: number): Promise<void> {
  const target = `/api/v1/agents/${agent.id}/heartbeat`;
  const authorization = `Bearer ${agent.proof("POST", target, Buffer.from("{}"), changed)}`;
  const answer = await agent.ask("POST", target, {}, { authorization });
  expectStatus(answer, status);
  if (status !== 200) expectShape(errorShape, answer.json, `${answer.where}, body`);
}

function agentsUrl(plane: Plane): URL {
  if (plane.options.agentsUrl) return plane.options.agentsUrl;
  throw new NotRun("it needs the listener that asks for certificates: give --agents-url", true);
}

export const identityChecks: readonly Check<Plane>[] = [
  {
    id: "agents-20",
    section,
    says: "A request that proves nothing is refused with 401",
    async run(plane) {
      const agent = await plane.agent();
      const target = `/api/v1/agents/${agent.id}/heartbeat`;
      expectStatus(await agent.ask("POST", target, {}, { authorization: null }), 401);
      expectStatus(await agent.ask("POST", target, {}, { authorization: "Bearer nothing" }), 401);
      expectStatus(await agent.ask("POST", target, {}, { authorization: `Bearer ${agent.registration.token}` }), 401);
    },
  },
  {
    id: "agents-21",
    section,
    says: "A proof is good for its own request: of another method, path or body it is refused with 401",
    async run(plane) {
      const agent = await plane.agent();
      await asks(agent, { method: "GET" }, 401);
      await asks(agent, { target: `/api/v1/agents/${agent.id}/certificate` }, 401);
      await asks(agent, { target: `/api/v1/agents/${agent.id}/heartbeat?x=1` }, 401);
      await asks(agent, { body: Buffer.from('{"status":"degraded"}') }, 401);
      await asks(agent, {}, 200);
    },
  },
  {
    id: "agents-22",
    section,
    says: "A proof that was used is refused with 401, by request and on the channel",
    async run(plane) {
      const agent = await plane.agent();
      const target = `/api/v1/agents/${agent.id}/heartbeat`;
      const authorization = `Bearer ${agent.proof("POST", target, Buffer.from("{}"))}`;
      expectStatus(await agent.ask("POST", target, {}, { authorization }), 200);
      expectStatus(await agent.ask("POST", target, {}, { authorization }), 401, "the same proof again");
      const showing = { authorization: `Bearer ${agent.proof("GET", agent.channelTarget)}` };
      const first = await agent.upgrade(agent.channelTarget, {}, showing);
      expectUpgrade(first, "upgrade of /agent/ws").destroy();
      const { status } = await agent.upgrade(agent.channelTarget, {}, showing);
      expectThat(status === 401, "401", status, "upgrade of /agent/ws with the same proof");
    },
  },
  {
    id: "agents-23",
    section,
    says: "A proof made ten minutes ago, or ten minutes ahead, is refused with 401",
    async run(plane) {
      const agent = await plane.agent();
      const now = Math.floor(Date.now() / 1000);
      await asks(agent, { at: now - 600 }, 401);
      await asks(agent, { at: now + 600 }, 401);
    },
  },
  {
    id: "agents-24",
    section,
    says: "A proof signed with another key than its certificate's, or with a certificate of a strange authority, is refused with 401",
    async run(plane) {
      const agent = await plane.agent();
      const { pem, csr } = await makeAgentKey("forger");
      await asks(agent, { key: pem }, 401);
      const forged = await (await makeAuthority("Berth agents")).issue(agent.id, agent.name, csr);
      await asks(agent, { key: pem, certificate: forged.cert }, 401);
      await asks(agent, { key: pem, certificate: null }, 401);
    },
  },
  {
    id: "agents-25",
    section,
    says: "An agent that speaks for another is refused with 403: in the path, in a proof's 'sub', on the channel",
    async run(plane) {
      const agent = await plane.agent();
      const other = await plane.otherAgent();
      for (const ref of [other.id, other.name])
        for (const what of ["heartbeat", "certificate"]) expectStatus(await agent.ask("POST", `/api/v1/agents/${ref}/${what}`, {}), 403);
      await asks(agent, { agentId: other.id }, 403);
      const { status } = await agent.upgrade(other.channelTarget);
      expectThat(status === 403, "403", status, "upgrade of /agent/ws with another agent's agent_id");
    },
  },
  {
    id: "agents-26",
    section,
    says: "A certificate is renewed by request, for the same key and for the key of a new CSR",
    async run(plane) {
      const agent = await plane.agent();
      const target = `/api/v1/agents/${agent.name}/certificate`;
      for (const body of [{}, { csr: (await makeAgentKey(agent.name)).csr }]) {
        const answer = await agent.ask("POST", target, body);
        expectStatus(answer, 200);
        const { certificate } = expectShape(certificateAnswerShape, answer.json, answer.where);
        expectThat(certificate !== null, "a certificate", null, `${answer.where}, certificate`);
      }
    },
  },
  {
    id: "agents-27",
    section,
    says: "Where the listener asks for certificates, the certificate alone is who one is: heartbeat and channel need no proof",
    async run(plane) {
      const base = agentsUrl(plane);
      const agent = await plane.agent();
      const answer = await agent.ask("POST", `/api/v1/agents/${agent.id}/heartbeat`, {}, { tls: agent.tls }, base);
      expectStatus(answer, 200);
      const dialled = await agent.upgrade(agent.channelTarget, {}, { tls: agent.tls }, base);
      expectUpgrade(dialled, "upgrade of /agent/ws by certificate").destroy();
    },
  },
  {
    id: "agents-28",
    section,
    says: "There, no certificate and a forged one are refused with 401, and another agent's with 403",
    async run(plane) {
      const base = agentsUrl(plane);
      const agent = await plane.agent();
      const other = await plane.otherAgent();
      const target = `/api/v1/agents/${agent.id}/heartbeat`;
      const ca = believing(agent.registration.certificate?.ca ?? "");
      expectStatus(await agent.ask("POST", target, {}, { tls: { ca } }, base), 401, "without a certificate");
      const { pem, csr } = await makeAgentKey("forger");
      const forged = await (await makeAuthority("Berth agents")).issue(agent.id, agent.name, csr);
      expectStatus(
        await agent.ask("POST", target, {}, { tls: { ca, cert: forged.cert, key: pem } }, base),
        401,
        "with a forged certificate",
      );
      expectStatus(await agent.ask("POST", target, {}, { tls: other.tls }, base), 403, "with another agent's certificate");
    },
  },
];
