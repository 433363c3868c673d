import { AGENT_TOKEN_HEADER } from "@berth/protocol/agent-proof";
import type { Check } from "../check";
import { Difference, NotRun } from "../check";
import { registrationRequestShape } from "../contract/shapes";
import { expectEqual, expectShape, expectThat, shown } from "../expectations";
import type { AgentWorld } from "./agent-world";

const section = "agent-enrolment";
const where = "POST /api/v1/agents/register, by the agent";

export const agentEnrolmentChecks: readonly Check<AgentWorld>[] = [
  {
    id: "agents-80",
    section,
    says: "It registers with X-Agent-Token, and with name, version, capabilities and labels",
    async run(world) {
      const plane = await world.plane();
      const asked = await plane.until(() => plane.registrations[0]);
      if (!asked) throw new Difference("a registration", shown(plane.seen.map((seen) => seen.where).join(", ")), where);
      expectEqual(asked.headers[AGENT_TOKEN_HEADER], plane.token, `${where}, ${AGENT_TOKEN_HEADER}`);
      const { name } = expectShape(registrationRequestShape, asked.json, `${where}, body`);
      expectEqual(name, plane.name, `${where}, name`);
    },
  },
  {
    id: "agents-81",
    section,
    says: "Its private key stays with it: it sends a CSR that is signed with it, and no request has a key in it",
    async run(world) {
      const { plane } = await world.channel();
      expectThat(
        plane.registrations[0]?.text.includes("CERTIFICATE REQUEST") === true,
        "a CSR",
        plane.registrations[0]?.text,
        `${where}, csr`,
      );
      const bare = plane.seen.find(({ text }) => text.includes("PRIVATE KEY"));
      expectEqual(bare?.where, undefined, "requests with a private key");
    },
  },
  {
    id: "agents-82",
    section,
    says: "A certificate that is in its last hour is renewed, by heartbeat or by request",
    async run(world) {
      const { plane } = await world.channel();
      const renewed = await plane.until(() => (plane.certificates > 1 ? plane.certificates : undefined));
      expectThat(renewed !== undefined, "a renewal of a certificate that has 50 minutes left", "none", "the agent");
    },
  },
];

/** After all others: they look back at what the agent sent, or start it anew. */
export const agentIdentityChecks: readonly Check<AgentWorld>[] = [
  {
    id: "agents-83",
    section,
    says: "Every request after its registration proved whose it is, by its certificate or by a fresh proof of that very request",
    async run(world) {
      const plane = await world.plane();
      expectEqual(plane.unproven, [], "requests and upgrades of the agent");
    },
  },
  {
    id: "agents-84",
    section,
    says: "Started again, it comes back as who it was, without another registration",
    async run(world) {
      const program = world.program();
      const plane = await world.plane();
      await program.stop();
      const before = plane.channels.length;
      await program.start(plane.words(world.options.host));
      await plane.channel(before);
      expectEqual(plane.registrations.length, 1, `${where}, how often`);
      expectEqual(plane.unproven, [], "requests and upgrades of the agent");
    },
  },
  {
    id: "agents-85",
    section,
    says: "While it waits for approval it asks for its certificate, with its token and a proof by its key, and goes on once it is approved",
    async run(world) {
      const program = world.program();
      await program.stop();
      const plane = await world.newPlane();
      plane.approvals = 1;
      await program.start(plane.words(world.options.host));
      const asked = () => plane.seen.find((seen) => seen.where.endsWith("/certificate"));
      const first = await plane.until(asked, world.options.patienceMs * 2);
      expectThat(first !== undefined, "a request for the certificate", shown(plane.seen.map((seen) => seen.where).join(", ")), "the agent");
      expectEqual(first.headers[AGENT_TOKEN_HEADER], plane.token, `${first.where}, ${AGENT_TOKEN_HEADER}`);
      await plane.channel();
      expectEqual(plane.unproven, [], "requests and upgrades of the agent");
    },
  },
  {
    id: "agents-86",
    section,
    says: "By the listener that asks for certificates it enrols, and then shows its certificate there",
    async run(world) {
      const program = world.program();
      if (!program.knowsAuthority) throw new NotRun("its command line takes no authority: use {ca-sha256} or {ca-file} in --agent", true);
      await program.stop();
      const plane = await world.newPlane();
      const words = plane.words(world.options.host);
      await program.start({ ...words, url: words["tls-url"] ?? "" });
      await plane.channel();
      expectEqual(plane.unproven, [], "requests and upgrades of the agent");
      const dial = plane.seen.find((seen) => seen.where === "upgrade of /agent/ws");
      expectThat(dial?.byCertificate === true, "its certificate in the TLS handshake", "none", "upgrade of /agent/ws");
    },
  },
];
