import { type KeyObject, randomUUID, X509Certificate } from "node:crypto";
import type { AgentCertificate } from "@berth/protocol/agent-registration";
import { KeyCredentials } from "../../agent/identity/credentials";
import { makeKeyPair } from "../../agent/identity/key-pair";
import { type CertifiedKey, makeAuthority } from "../modules/identity/certificate-making";
import type { Asker } from "../modules/users/users-schema";
import { unseal } from "../platform/sealing";
import type { ShownCredential } from "../platform/shown-credential";
import { makeAsker } from "./factories";
import { startServiceKit } from "./service-kit";

export const serial = () => `01${randomUUID().replaceAll("-", "")}`;
export const invalid = { code: "AUTH_TOKEN_INVALID" };
export const expired = { code: "AUTH_TOKEN_EXPIRED" };
export const refused = { code: "AUTH_INSUFFICIENT_PERMISSIONS" };

/** As it comes by the agents' port: the handshake has shown that the key is there. */
export const byTls = (pem: string): ShownCredential => ({
  certificate: new X509Certificate(pem).raw,
  authorization: null,
  agentToken: null,
  method: "GET",
  target: "/agent/ws",
  body: new Uint8Array(),
});

export const publicOf = (certificate: string): KeyObject => new X509Certificate(certificate).publicKey;

/** The request for a first or a renewed certificate, by a proof. */
export const pollOf = (agent: { agentId: string }) => ({
  method: "POST",
  target: `/api/v1/agents/${agent.agentId}/certificate`,
  body: Buffer.from("{}"),
});

export type IdentityKit = Awaited<ReturnType<typeof startIdentityKit>>;

/** Every service, agents with keys of their own, and what a forger has. Close it in `afterAll`. */
export async function startIdentityKit() {
  const kit = await startServiceKit();
  const admin: Asker = await makeAsker(kit, "admin");

  const showing = (reply: { agentId: string; token: string }, certificate: AgentCertificate | null, key: string) =>
    new KeyCredentials({ ...reply, certificate, key }, () => kit.clock.now());

  async function ourIssuer(): Promise<CertifiedKey> {
    const row = await kit.database.certificateAuthority.findFirstOrThrow({ where: { retiredAt: null } });
    return { certificate: row.issuingCertificate, key: unseal(kit.keys.authority, `${row.id}/issuing`, row.issuingKey) };
  }
  async function foreignIssuer(): Promise<CertifiedKey> {
    return (await makeAuthority({ name: "Berth agents", now: kit.clock.now(), serials: [serial(), serial()] })).issuing;
  }

  return {
    ...kit,
    admin,
    showing,
    ourIssuer,
    foreignIssuer,
    /** Says of itself all that ours says, down to the id of the issuer's key; only the signature is another's. */
    forger: async (): Promise<CertifiedKey> => ({ certificate: (await ourIssuer()).certificate, key: (await foreignIssuer()).key }),
    prove: (shown: ShownCredential) => kit.identity.authenticate(shown),
    renewal: (agent: { agentId: string }, shown: ShownCredential, csr?: string) =>
      kit.identity.certificate({ agentRef: agent.agentId, csr, shown }),
    /** A key of its own, enrolled under a name of its own. */
    async enrol(options: { approval?: boolean; withoutCsr?: boolean } = {}) {
      const name = `host-${kit.ids.suffix()}`;
      const { token } = await kit.callerOf(admin).registrationTokens.create({ approval: options.approval ?? false });
      const { key, csr } = await makeKeyPair(name);
      const sent = options.withoutCsr ? undefined : csr;
      const request = { name, version: "1", capabilities: [], labels: {}, platform: "docker" as const, csr: sent };
      const reply = await kit.services.registrationTokens.register({ token, address: "192.0.2.9", inPlain: false, request });
      const show = (certificate = reply.certificate, by = key) => showing(reply, certificate, by);
      return { name, key, csr, reply, agentId: reply.agentId, show };
    },
  };
}
