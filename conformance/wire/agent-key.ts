/** An agent's key, its request for a certificate, and its proofs: written from the contract, not from any agent. */
import "reflect-metadata";
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign, webcrypto, X509Certificate } from "node:crypto";
import { PROOF_TYPE } from "@berth/protocol/agent-proof";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export interface AgentKey {
  /** PKCS #8, PEM. */
  readonly pem: string;
  /** PKCS #10, PEM. */
  readonly csr: string;
}

export async function makeAgentKey(name: string): Promise<AgentKey> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create({ name: `CN=${name}`, keys, signingAlgorithm: P256 });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const pem = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ type: "pkcs8", format: "pem" }).toString();
  return { pem, csr: request.toString("pem") };
}

export interface ProofOf {
  readonly agentId: string;
  readonly method: string;
  readonly target: string;
  readonly body?: Uint8Array;
  /** PKCS #8, PEM: what it is signed with. */
  readonly key: string;
  /** PEM, the agent's own first; null names the bare key instead. */
  readonly certificate: string | null;
  /** Seconds since 1970; default: now. */
  readonly at?: number;
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const pemBlocks = (pem: string): string[] => pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];

/** A JWT that is good for one request. */
export function proofOf({ agentId, method, target, body = new Uint8Array(), key, certificate, at }: ProofOf): string {
  const privateKey = createPrivateKey(key);
  const named = certificate
    ? { x5c: pemBlocks(certificate).map((pem) => new X509Certificate(pem).raw.toString("base64")) }
    : { jwk: createPublicKey(privateKey).export({ format: "jwk" }) };
  const head = base64url({ typ: PROOF_TYPE, alg: "ES256", ...named });
  const claims = base64url({
    sub: agentId,
    htm: method,
    htu: target,
    bh: createHash("sha256").update(body).digest("base64url"),
    iat: at ?? Math.floor(Date.now() / 1000),
    jti: randomUUID(),
  });
  const signature = sign("sha256", Buffer.from(`${head}.${claims}`), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${head}.${claims}.${signature.toString("base64url")}`;
}
