/** Is this an agent's certificate of ours? Everything but what the database says of it. Pure. */
import { createHash, type KeyObject, X509Certificate } from "node:crypto";
import { BerthError } from "@berth/protocol/errors";
import { fingerprintOf } from "./certificate-making";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ALTERNATIVE_NAME = /^URI:berth:\/\/agent\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** An authority that certificates are believed of. */
export interface TrustedAuthority {
  readonly id: string;
  readonly root: X509Certificate;
  readonly issuing: X509Certificate;
}

export interface CheckedCertificate {
  readonly agentId: string;
  readonly authorityId: string;
  readonly serial: string;
  /** SHA-256 of its DER, hex. */
  readonly fingerprint: string;
  /** Read out when it is asked for, as its fingerprint is: a channel's certificate is checked for what it says alone. */
  readonly publicKey: KeyObject;
  readonly keyFingerprint: string;
  readonly notAfter: Date;
  readonly expired: boolean;
}

/**
 * Signature up to a root that is trusted, usage, whose it is, and validity. An expired one passes where `graceMs` lets it, after all that
 * an unexpired one has to pass. Throws AUTH_TOKEN_INVALID, or AUTH_TOKEN_EXPIRED for one that is genuine.
 */
export function checkCertificate(der: Uint8Array, authorities: readonly TrustedAuthority[], now: Date, graceMs = 0): CheckedCertificate {
  const certificate = parsed(der);
  const authority = authorities.find(({ issuing }) => certificate.checkIssued(issuing) && certificate.verify(issuing.publicKey));
  if (!authority || !vouchedFor(authority)) throw refused("is not of this control plane");
  for (const issuer of [authority.root, authority.issuing])
    if (now < new Date(issuer.validFrom) || now > new Date(issuer.validTo)) throw refused("is of an authority that has expired");
  if (certificate.ca) throw refused("is an authority's, not an agent's");
  if (certificate.keyUsage?.length !== 1 || certificate.keyUsage[0] !== CLIENT_AUTH) throw refused("is not for a client");
  const agentId = ALTERNATIVE_NAME.exec(certificate.subjectAltName ?? "")?.[1];
  if (!agentId) throw refused("does not say which agent's it is");
  const notAfter = new Date(certificate.validTo);
  if (now < new Date(certificate.validFrom)) throw refused("is not valid yet; look at the clocks");
  const lateMs = now.getTime() - notAfter.getTime();
  if (lateMs > graceMs)
    throw new BerthError("AUTH_TOKEN_EXPIRED", `This agent's certificate expired at ${notAfter.toISOString()}; enrol the agent again`);
  return {
    agentId,
    authorityId: authority.id,
    serial: certificate.serialNumber.toUpperCase(),
    fingerprint: createHash("sha256").update(certificate.raw).digest("hex"),
    get publicKey() {
      return certificate.publicKey;
    },
    get keyFingerprint() {
      return fingerprintOf(certificate.publicKey);
    },
    notAfter,
    expired: lateMs > 0,
  };
}

/** Of each authority this is asked once: a whole fleet's certificates are of one. */
const vouched = new WeakMap<TrustedAuthority, boolean>();
function vouchedFor(authority: TrustedAuthority): boolean {
  const known = vouched.get(authority) ?? authority.issuing.verify(authority.root.publicKey);
  vouched.set(authority, known);
  return known;
}

function parsed(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw refused("can't be read");
  }
}

const refused = (why: string) => new BerthError("AUTH_TOKEN_INVALID", `This agent certificate ${why}`);
