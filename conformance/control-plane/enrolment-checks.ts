import { createPrivateKey, X509Certificate } from "node:crypto";
import { agentUri } from "@berth/protocol/agent-proof";
import type { Check } from "../check";
import { certificateAnswerShape, errorShape, registrationShape } from "../contract/shapes";
import { expectEqual, expectShape, expectStatus, expectThat } from "../expectations";
import { makeAgentKey, proofOf } from "../wire/agent-key";
import type { Answer } from "../wire/ask";
import { type Plane, registrationOf } from "./plane";

const section = "enrolment";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const HOUR_MS = 3_600_000;
const takenBack = /^(?:register|stats|run|run-stream|health)$/;

/** A name that no agent may have is told from one that is taken or malformed by the answer alone. */
const reserved = ["register", "stats", "run", "run-stream", "health", "7a1b5c9e-6b1f-4d0e-9d0b-5a1f8f6f2c11"];

function expectRefusal(answer: Answer, status: number, codes: readonly string[] = []): void {
  expectStatus(answer, status);
  const { code } = expectShape(errorShape, answer.json, `${answer.where}, body`);
  if (codes.length > 0) expectThat(codes.includes(code), codes.join(" or "), code, `${answer.where}, code`);
}

export const enrolmentChecks: readonly Check<Plane>[] = [
  {
    id: "agents-1",
    section,
    says: "A registration with a token and a CSR is answered 201 with agentId, token, config and a certificate without a key",
    async run(plane) {
      const { registration } = await plane.agent();
      const where = "POST /api/v1/agents/register, certificate";
      expectThat(registration.certificate !== null, "a certificate", null, where);
      expectEqual(registration.certificate.key, undefined, `${where}.key`);
    },
  },
  {
    id: "agents-2",
    section,
    says: "The certificate is for the agent's key and for clients alone, names its UUID in a URI, is of the authority in the answer, and ends in about 24 hours",
    async run(plane) {
      const { registration, key } = await plane.agent();
      const where = "POST /api/v1/agents/register, certificate.cert";
      const chain = (registration.certificate?.cert.match(/-----BEGIN[\s\S]+?END CERTIFICATE-----/g) ?? []).map(
        (pem) => new X509Certificate(pem),
      );
      const roots = (registration.certificate?.ca.match(/-----BEGIN[\s\S]+?END CERTIFICATE-----/g) ?? []).map(
        (pem) => new X509Certificate(pem),
      );
      const [own] = chain;
      expectThat(own !== undefined, "a certificate", "none", where);
      expectThat(own.checkPrivateKey(createPrivateKey(key.pem)), "the key of the CSR", "another", where);
      expectEqual(own.keyUsage, [CLIENT_AUTH], `${where}, usage`);
      expectEqual(own.subjectAltName, `URI:${agentUri(registration.agentId)}`, `${where}, subjectAltName`);
      const [, ...issuers] = chain;
      const issued = [...issuers, ...roots].some((issuer) => own.checkIssued(issuer) && own.verify(issuer.publicKey));
      expectThat(issued, "a signature of what is sent with it", own.issuer, where);
      const left = new Date(own.validTo).getTime() - Date.now();
      expectThat(left > 23 * HOUR_MS && left < 25 * HOUR_MS, "about 24 hours", own.validTo, `${where}, validTo`);
      expectEqual(new Date(registration.certificate?.expiresAt ?? 0).getTime(), new Date(own.validTo).getTime(), `${where} and expiresAt`);
    },
  },
  {
    id: "agents-3",
    section,
    says: "A registration without a CSR is answered with a private key, and it is the certificate's",
    async run(plane) {
      const { token } = await plane.makeToken();
      const answer = await plane.register(token, registrationOf(plane.newName(), null));
      expectStatus(answer, 201);
      const { certificate } = expectShape(registrationShape, answer.json, answer.where);
      expectThat(certificate?.key !== undefined, "certificate.key", certificate, answer.where);
      const fits = new X509Certificate(certificate.cert).checkPrivateKey(createPrivateKey(certificate.key));
      expectThat(fits, "the key of the certificate", "another", `${answer.where}, certificate.key`);
    },
  },
  {
    id: "agents-4",
    section,
    says: "A registration without a token, or with one that never was, is refused with 401 in the error format",
    async run(plane) {
      const body = registrationOf(plane.newName(), null);
      expectRefusal(await plane.register(null, body), 401);
      expectRefusal(await plane.register("never-was", body), 401);
    },
  },
  {
    id: "agents-5",
    section,
    says: "A token is good once: its second use is refused with 401",
    async run(plane) {
      const { token } = await plane.makeToken();
      expectStatus(await plane.register(token, registrationOf(plane.newName(), null)), 201);
      expectRefusal(await plane.register(token, registrationOf(plane.newName(), null)), 401, ["REGISTRATION_TOKEN_INVALID"]);
    },
  },
  {
    id: "agents-6",
    section,
    says: "A token ends 24 hours after it was made, and one that was taken back is refused with 401",
    async run(plane) {
      const { id, token, createdAt, expiresAt } = await plane.makeToken();
      expectEqual(
        new Date(expiresAt).getTime() - new Date(createdAt).getTime(),
        24 * HOUR_MS,
        "POST /api/v1/registration-tokens, expires_at",
      );
      expectStatus(await plane.admin("DELETE", `/registration-tokens/${id}`), [200, 204]);
      expectRefusal(await plane.register(token, registrationOf(plane.newName(), null)), 401);
    },
  },
  {
    id: "agents-7",
    section,
    says: "Of two registrations at once with one token, one is answered 201 and the other 401",
    async run(plane) {
      const { token } = await plane.makeToken();
      const bodies = [registrationOf(plane.newName(), null), registrationOf(plane.newName(), null)];
      const answers = await Promise.all(bodies.map((body) => plane.register(token, body)));
      const statuses = answers.map(({ status }) => status).sort();
      expectEqual(statuses, [201, 401], "POST /api/v1/agents/register, twice at once");
    },
  },
  {
    id: "agents-8",
    section,
    says: "A name that an agent has already is refused with 409",
    async run(plane) {
      const agent = await plane.agent();
      const { token } = await plane.makeToken();
      expectRefusal(await plane.register(token, registrationOf(agent.name, await makeAgentKey(agent.name))), 409, ["AGENT_NAME_TAKEN"]);
    },
  },
  {
    id: "agents-9",
    section,
    says: "Names that are routes, and names that look like a UUID, are refused with 400",
    async run(plane) {
      const { token } = await plane.makeToken();
      for (const name of reserved) {
        const answer = await plane.register(token, registrationOf(name, null));
        expectStatus(answer, 400, `for the name '${name}'${takenBack.test(name) ? ", a route" : ""}`);
      }
    },
  },
  {
    id: "agents-10",
    section,
    says: "A registration with a field that is not known, of a wrong kind or missing is refused with 400, and the field is named",
    async run(plane) {
      const { token } = await plane.makeToken();
      const right = registrationOf(plane.newName(), null);
      for (const [field, body] of [
        ["colour", { ...right, colour: "blue" }],
        ["capabilities", { ...right, capabilities: "docker" }],
        ["labels", { ...right, labels: ["x"] }],
        ["name", { ...right, name: undefined }],
        ["csr", { ...right, csr: "not a request" }],
      ] as const) {
        const answer = await plane.register(token, body);
        expectRefusal(answer, 400);
        expectThat(answer.text.includes(field), `the name of '${field}'`, answer.text, `${answer.where}, error`);
      }
    },
  },
  {
    id: "agents-11",
    section,
    says: "An agent that waits for approval has no certificate, and nothing is served to it",
    async run(plane) {
      const waiting = await plane.enrol({ approval: true });
      expectEqual(waiting.registration.certificate, null, "POST /api/v1/agents/register, certificate");
      const poll = await waiting.ask("POST", `/api/v1/agents/${waiting.id}/certificate`, {});
      expectStatus(poll, 200);
      expectEqual(expectShape(certificateAnswerShape, poll.json, poll.where).certificate, null, `${poll.where}, certificate`);
      expectStatus(await waiting.ask("POST", `/api/v1/agents/${waiting.id}/heartbeat`, {}), [401, 403]);
      const { status } = await waiting.upgrade(waiting.channelTarget);
      expectThat(status === 401 || status === 403, "401 or 403", status, "upgrade of /agent/ws");
    },
  },
  {
    id: "agents-12",
    section,
    says: "The token of the registration is bound to the key: with another key it fetches no certificate",
    async run(plane) {
      const waiting = await plane.enrol({ approval: true });
      const target = `/api/v1/agents/${waiting.id}/certificate`;
      const { pem } = await makeAgentKey("thief");
      const body = Buffer.from("{}");
      const stolen = proofOf({ agentId: waiting.id, method: "POST", target, body, key: pem, certificate: null });
      expectRefusal(await waiting.ask("POST", target, {}, { authorization: `Bearer ${stolen}` }), 401);
    },
  },
];
