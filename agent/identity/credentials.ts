/** What the agent shows of itself: its certificate where the connection asks for one, and a proof signed with its key where it doesn't. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomUUID, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { AGENT_TOKEN_HEADER, PROOF_TYPE, type ProofClaims } from "@berth/protocol/agent-proof";
import type { AgentCertificate } from "@berth/protocol/agent-registration";
import { exportJWK, SignJWT } from "jose";

/** For a connection of Node's: what is shown to the other side, and whom it is believed by. */
export interface TlsOptions {
  readonly cert?: string;
  readonly key?: string;
  /** Absent: whom Node believes. */
  readonly ca?: string[];
  /** All of the above, read once: whom Node believes are more than a hundred, and reading them again takes longer than the handshake. */
  readonly secureContext?: SecureContext;
}

export interface Credentials {
  /** Headers for one request. `target`: path and query as the control plane will get them, without a proxy's prefix. */
  headers(method: string, target: string, body?: Uint8Array): Promise<Record<string, string>>;
  tls(): TlsOptions;
}

export interface KeyHolder {
  /** The agent's UUID. */
  readonly agentId: string;
  /** PKCS #8, PEM. */
  readonly key: string;
  /** What fetches the first certificate. */
  readonly token: string;
  readonly certificate: AgentCertificate | null;
}

/** Credentials of one key, whose certificate may be replaced while connections are open. */
export class KeyCredentials implements Credentials {
  readonly #holder: KeyHolder;
  readonly #privateKey: KeyObject;
  readonly #now: () => Date;
  #certificate: AgentCertificate | null;
  #tls: TlsOptions | null = null;

  constructor(holder: KeyHolder, now: () => Date) {
    this.#holder = holder;
    this.#privateKey = createPrivateKey(holder.key);
    this.#certificate = holder.certificate;
    this.#now = now;
  }

  get certificate(): AgentCertificate | null {
    return this.#certificate;
  }

  replace(certificate: AgentCertificate): void {
    this.#certificate = certificate;
    this.#tls = null;
  }

  async headers(method: string, target: string, body: Uint8Array = new Uint8Array()): Promise<Record<string, string>> {
    const claims: ProofClaims = {
      sub: this.#holder.agentId,
      htm: method,
      htu: target,
      bh: createHash("sha256").update(body).digest("base64url"),
      iat: Math.floor(this.#now().getTime() / 1000),
      jti: randomUUID(),
    };
    const certificate = this.#certificate;
    const shown = certificate
      ? { x5c: certificatesOf(certificate.cert).map((pem) => new X509Certificate(pem).raw.toString("base64")) }
      : { jwk: await exportJWK(createPublicKey(this.#privateKey)) };
    const proof = await new SignJWT({ ...claims })
      .setProtectedHeader({ typ: PROOF_TYPE, alg: algorithmOf(this.#privateKey), ...shown })
      .sign(this.#privateKey);
    return { authorization: `Bearer ${proof}`, ...(certificate ? {} : { [AGENT_TOKEN_HEADER]: this.#holder.token }) };
  }

  tls(): TlsOptions {
    const certificate = this.#certificate;
    if (!certificate) return {};
    if (!this.#tls) {
      const shown = { cert: certificate.cert, key: this.#holder.key, ca: believing(certificate.ca) };
      this.#tls = { ...shown, secureContext: createSecureContext(shown) };
    }
    return this.#tls;
  }
}

/** Whom Node believes, and these besides: the control plane may be reached at its own port, or behind a proxy of the operator's. */
export function believing(ca: string): string[] {
  return [...rootCertificates, ...certificatesOf(readExtra(process.env.NODE_EXTRA_CA_CERTS)), ...certificatesOf(ca)];
}

/** As Node does it: a file that can't be read adds nobody. */
function readExtra(path: string | undefined): string {
  try {
    return path ? readFileSync(path, "utf8") : "";
  } catch {
    return "";
  }
}

/** The certificates of a PEM file, one each. */
export const certificatesOf = (pem: string): string[] => pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];

/** SHA-256 (hex) of a public key: what an administrator compares before approving it. */
export const fingerprintOf = (key: string): string =>
  createHash("sha256")
    .update(createPublicKey(createPrivateKey(key)).export({ type: "spki", format: "der" }))
    .digest("hex");

/** SHA-256 (hex) of the public key in a certificate (PEM). */
export const pinOf = (certificate: string): string =>
  createHash("sha256")
    .update(new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");

function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === "ec") return "ES256";
  return key.asymmetricKeyType === "ed25519" ? "EdDSA" : "RS256";
}
