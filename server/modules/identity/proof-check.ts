/** Was this request made by whoever has the key? Everything but whether the proof was shown before. Pure. */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { PROOF_ALGORITHMS, PROOF_TYPE, PROOF_WINDOW_SECONDS, type ProofClaims, proofClaimsSchema } from "@berth/protocol/agent-proof";
import { BerthError } from "@berth/protocol/errors";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { z } from "zod";

/** What is proven: a request as it came. */
export interface ProvenRequest {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  readonly body: Uint8Array;
}

const headSchema = z.object({
  typ: z.literal(PROOF_TYPE),
  alg: z.enum(PROOF_ALGORITHMS),
  x5c: z.array(z.string().max(16_384)).min(1).max(5).optional(),
  jwk: z
    .object({ kty: z.enum(["EC", "OKP", "RSA"]), d: z.never().optional() })
    .loose()
    .optional(),
});

export interface ShownKey {
  /** DER of the certificate that the proof names; null where it names a bare key. */
  readonly certificate: Uint8Array | null;
  readonly jwk: Readonly<Record<string, unknown>> | null;
}

/** What a proof says that it is signed with. Throws AUTH_TOKEN_INVALID for what is no proof. */
export function keyShown(proof: string): ShownKey {
  let head: z.infer<typeof headSchema>;
  try {
    head = headSchema.parse(decodeProtectedHeader(proof));
  } catch {
    throw new BerthError("AUTH_TOKEN_INVALID", "This agent credential is not valid (any more); register the agent again");
  }
  const [first] = head.x5c ?? [];
  if (first !== undefined) return { certificate: new Uint8Array(Buffer.from(first, "base64")), jwk: null };
  if (head.jwk) return { certificate: null, jwk: head.jwk };
  throw refused("names no key");
}

/** The key of a proof without a certificate. */
export function keyOfJwk(jwk: Readonly<Record<string, unknown>>): KeyObject {
  try {
    return createPublicKey({ key: { ...jwk }, format: "jwk" });
  } catch {
    throw refused("has a key that can't be read");
  }
}

/** Signature, and that it was made for this very request, about now. Throws AUTH_TOKEN_INVALID. */
export async function checkProof(proof: string, key: KeyObject, request: ProvenRequest, now: Date): Promise<ProofClaims> {
  const verified = await jwtVerify(proof, key, { algorithms: algorithmsOf(key), typ: PROOF_TYPE, currentDate: now }).catch(() => null);
  const claims = proofClaimsSchema.safeParse(verified?.payload);
  if (!claims.success) throw refused("is not signed by its key, or lacks a claim");
  const { htm, htu, bh, iat } = claims.data;
  if (htm !== request.method || htu !== request.target) throw refused("is of another request");
  if (bh !== createHash("sha256").update(request.body).digest("base64url")) throw refused("is of another body");
  const aheadMs = iat * 1000 - now.getTime();
  if (Math.abs(aheadMs) > PROOF_WINDOW_SECONDS * 1000) {
    const signed = new Date(iat * 1000).toISOString();
    throw refused(`was made at ${signed}, and here it is ${now.toISOString()}; set the clock of the agent's host`);
  }
  return claims.data;
}

/** One kind of key, its own algorithms: what a head says chooses nothing. */
function algorithmsOf(key: KeyObject): string[] {
  if (key.asymmetricKeyType === "ec") return ["ES256"];
  if (key.asymmetricKeyType === "ed25519") return ["EdDSA", "Ed25519"];
  return ["RS256", "PS256"];
}

const refused = (why: string) => new BerthError("AUTH_TOKEN_INVALID", `This agent's proof ${why}`);
