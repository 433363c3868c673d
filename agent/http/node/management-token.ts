/** Is a request the control plane's? By a JWT whose key the agents' authority vouches for. */
import { X509Certificate } from "node:crypto";
import { BerthError } from "@berth/protocol/errors";
import { NODE_MANAGEMENT_NAME, NODE_TOKEN_SECONDS, NODE_TOKEN_TYPE, nodeClaimsSchema } from "@berth/protocol/node-api";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { certificatesOf } from "../../identity/credentials";

const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
/** Leaf, issuer, and crossings to roots that were there before. */
const MAX_CHAIN = 8;
const CLOCK_LENIENCE_SECONDS = 300;

export interface ManagementClaims {
  readonly node: string;
  readonly workspace: string | undefined;
}

/**
 * `roots`: PEM. Throws AUTH_TOKEN_MISSING for nothing, and AUTH_TOKEN_INVALID for a token that is over, forged, of another kind, or signed by
 * a key that no root made for the management of nodes: an agent's own certificate is none.
 */
export async function readManagementToken(authorization: string | undefined, roots: string, now: Date): Promise<ManagementClaims> {
  const token = /^Bearer ([\w.-]+)$/.exec(authorization ?? "")?.[1];
  if (!token) throw new BerthError("AUTH_TOKEN_MISSING", "Send the control plane's node-management token in 'Authorization: Bearer'");
  try {
    const chain = (decodeProtectedHeader(token).x5c ?? [])
      .slice(0, MAX_CHAIN)
      .map((der) => new X509Certificate(Buffer.from(der, "base64")));
    const known = certificatesOf(roots).map((pem) => new X509Certificate(pem));
    const signer = trusted(chain, known, now);
    const { payload } = await jwtVerify(token, signer.publicKey, {
      algorithms: ["ES256"],
      typ: NODE_TOKEN_TYPE,
      currentDate: now,
      clockTolerance: CLOCK_LENIENCE_SECONDS,
    });
    const { node, workspace, iat, exp } = nodeClaimsSchema.parse(payload);
    if (exp - iat > NODE_TOKEN_SECONDS) throw new Error("it is good for too long");
    return { node, workspace };
  } catch (error) {
    throw new BerthError("AUTH_TOKEN_INVALID", "This is no node-management token of this agent's control plane, or it is over", {
      cause: error,
    });
  }
}

/** The leaf, once each link up to a root was checked: signature, time, and that each may sign. */
function trusted(chain: readonly X509Certificate[], roots: readonly X509Certificate[], now: Date): X509Certificate {
  const [leaf] = chain;
  if (!leaf) throw new Error("it shows no certificate");
  if (!leaf.keyUsage?.includes(SERVER_AUTH) || leaf.checkHost(NODE_MANAGEMENT_NAME, { subject: "never" }) === undefined)
    throw new Error("its certificate was made for something else");
  let at = leaf;
  const left = chain.slice(1);
  for (let step = 0; step < MAX_CHAIN; step++) {
    demandValid(at, now);
    const root = roots.find((one) => signed(one, at));
    if (root) {
      demandValid(root, now);
      return leaf;
    }
    const place = left.findIndex((one) => one.ca && signed(one, at));
    const [next] = place < 0 ? [] : left.splice(place, 1);
    if (!next) break;
    at = next;
  }
  throw new Error("no root that is known made its certificate");
}

const signed = (issuer: X509Certificate, one: X509Certificate): boolean => one.checkIssued(issuer) && one.verify(issuer.publicKey);

function demandValid(one: X509Certificate, now: Date): void {
  const lenience = CLOCK_LENIENCE_SECONDS * 1000;
  const time = now.getTime();
  if (time < Date.parse(one.validFrom) - lenience || time > Date.parse(one.validTo) + lenience)
    throw new Error("a certificate is over, or not good yet");
}
