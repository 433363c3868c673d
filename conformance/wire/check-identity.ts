/** Did an agent show who it is, as the contract says? In words where it didn't. */
import { createHash, createPublicKey, type KeyObject, verify, X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { agentUri, PROOF_TYPE, PROOF_WINDOW_SECONDS, proofClaimsSchema } from "@berth/protocol/agent-proof";
import { z } from "zod";

const headSchema = z.object({
  typ: z.literal(PROOF_TYPE),
  alg: z.enum(["ES256", "EdDSA", "Ed25519", "RS256", "PS256"]),
  x5c: z.array(z.string()).optional(),
  jwk: z.record(z.string(), z.unknown()).optional(),
});

export interface Known {
  readonly agentId: string;
  /** PEM: whose certificates are believed. */
  readonly root: string;
  /** SHA-256 of the key that was enrolled, for proofs that name a bare key. */
  readonly enrolledKey: string | null;
  /** Ids of proofs that came before; the one that is looked at is put to them. */
  readonly used: Set<string>;
}

export const keyHash = (key: KeyObject): string =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");

/** Null where the request is the agent's. */
export function identityProblem(request: IncomingMessage, body: Uint8Array, known: Known): string | null {
  const peer = request.socket instanceof TLSSocket ? request.socket.getPeerX509Certificate() : undefined;
  if (peer) return certificateProblem(peer, known);
  const proof = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (!proof) return "neither a certificate nor a proof in 'Authorization: Bearer'";
  try {
    return proofProblem(proof, request, body, known);
  } catch (error) {
    return `a proof that can't be read: ${error instanceof Error ? error.message : error}`;
  }
}

function certificateProblem(certificate: X509Certificate, { agentId, root }: Known): string | null {
  if (!certificate.verify(new X509Certificate(root).publicKey)) return "a certificate of another authority";
  if (certificate.subjectAltName !== `URI:${agentUri(agentId)}`) return `a certificate of ${certificate.subjectAltName}`;
  return new Date(certificate.validTo) < new Date() ? "a certificate that has expired" : null;
}

function proofProblem(proof: string, request: IncomingMessage, body: Uint8Array, known: Known): string | null {
  const [head64 = "", claims64 = "", signature64 = ""] = proof.split(".");
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  const head = headSchema.parse(read(head64));
  const claims = proofClaimsSchema.parse(read(claims64));
  const first = head.x5c?.[0];
  const certificate = first === undefined ? null : new X509Certificate(Buffer.from(first, "base64"));
  const key = certificate?.publicKey ?? createPublicKey({ key: { ...head.jwk }, format: "jwk" });
  const problem = certificate
    ? certificateProblem(certificate, known)
    : keyHash(key) === known.enrolledKey
      ? null
      : "a key that was not enrolled";
  if (problem) return problem;
  if (!signed(head.alg, `${head64}.${claims64}`, key, Buffer.from(signature64, "base64url"))) return "a proof that its key did not sign";
  if (claims.sub !== known.agentId) return `a proof of ${claims.sub}`;
  if (claims.htm !== request.method || claims.htu !== request.url) return `a proof of ${claims.htm} ${claims.htu}`;
  if (claims.bh !== createHash("sha256").update(body).digest("base64url")) return "a proof of another body";
  if (Math.abs(claims.iat - Date.now() / 1000) > PROOF_WINDOW_SECONDS) return `a proof of ${new Date(claims.iat * 1000).toISOString()}`;
  if (known.used.has(claims.jti)) return "a proof that was used before";
  known.used.add(claims.jti);
  return null;
}

function signed(alg: string, text: string, key: KeyObject, signature: Uint8Array): boolean {
  const data = Buffer.from(text);
  if (alg === "ES256") return verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature);
  if (alg === "RS256") return verify("sha256", data, key, signature);
  if (alg === "PS256") return verify("sha256", data, { key, padding: 6, saltLength: 32 }, signature);
  return verify(null, data, key, signature);
}
