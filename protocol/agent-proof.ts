/**
 * How an agent proves who it is where TLS doesn't tell: a JWT that is good for one request and one minute or so, signed with the key of its
 * certificate (`x5c`), or, before it has one, with the key that it enrolled (`jwk`, beside the token of its registration). It goes into
 * `Authorization: Bearer`.
 */
import { z } from "zod";

/** `typ` of the JWT's head. */
export const PROOF_TYPE = "berth-proof+jwt";
/** How far `iat` may be from the control plane's time, either way. */
export const PROOF_WINDOW_SECONDS = 300;
/** By the key's kind: P-256, Ed25519, RSA. */
export const PROOF_ALGORITHMS = ["ES256", "EdDSA", "Ed25519", "RS256", "PS256"] as const;
/** The token of the registration, where there is no certificate yet. */
export const AGENT_TOKEN_HEADER = "x-agent-token";

export const proofClaimsSchema = z.object({
  /** The agent's UUID. */
  sub: z.uuid(),
  /** Method and target of the request: path and query as the control plane gets them, without a proxy's prefix. */
  htm: z.string().max(10),
  htu: z.string().max(4096),
  /** SHA-256 of the body, base64url; of nothing where there is none. */
  bh: z.string().length(43),
  iat: z.number(),
  /** Never used twice with one key. */
  jti: z.string().min(16).max(100),
});
export type ProofClaims = z.infer<typeof proofClaimsSchema>;

/** The URI in the certificate of an agent that says whose it is. */
export const agentUri = (agentId: string): string => `berth://agent/${agentId}`;

/** Where the certificates of the agents' authority are, PEM: what a pasted command's hash is looked for in. */
export const authorityPath = "/agent/ca.pem";
/** `POST`: a first, a renewed, or a late certificate. */
export const certificatePath = (agentId: string): string => `/api/v1/agents/${agentId}/certificate`;
