import { randomUUID, X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { AgentCertificate } from "@berth/protocol/agent-registration";
import { decodeProtectedHeader } from "jose";
import { keyOfRequest, makeAgentCertificate, makeAuthority } from "../../server/modules/identity/certificate-making";
import { checkProof } from "../../server/modules/identity/proof-check";

const serial = () => `01${randomUUID().replaceAll("-", "")}`;

/** A certificate authority of the control plane's kind, without its database. */
export class FakeAuthority {
  readonly #made = makeAuthority({ name: "Fake", now: new Date(), serials: [serial(), serial()] });
  readonly #issued = new Set<string>();

  async issue(id: string, name: string, csr: string): Promise<AgentCertificate> {
    const { root, issuing } = await this.#made;
    const publicKey = await keyOfRequest(csr);
    const made = await makeAgentCertificate(issuing, { id, name, publicKey }, { serial: serial(), now: new Date() });
    this.#issued.add(new X509Certificate(made.certificate).raw.toString("base64"));
    return { cert: made.certificate + issuing.certificate, ca: root.certificate, expiresAt: made.notAfter.toISOString() };
  }

  /** Was it made by a key of ours, for this request? */
  async proves(request: IncomingMessage): Promise<boolean> {
    const proof = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    try {
      const [shown = ""] = decodeProtectedHeader(proof).x5c ?? [];
      if (!this.#issued.has(shown)) return false;
      const key = new X509Certificate(Buffer.from(shown, "base64")).publicKey;
      await checkProof(proof, key, { method: "GET", target: request.url ?? "", body: new Uint8Array() }, new Date());
      return true;
    } catch {
      return false;
    }
  }
}
