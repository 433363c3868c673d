/** Certificates as this authority makes them. Pure: what they are made of comes in. */
import "reflect-metadata";
import { createHash, createPublicKey, type KeyObject, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { agentUri } from "@berth/protocol/agent-proof";
import { BerthError } from "@berth/protocol/errors";
import * as x509 from "@peculiar/x509";

const DAY_MS = 86_400_000;
export const CERTIFICATE_HOURS = 24;
const ROOT_DAYS = 3650;
const SERVER_DAYS = 7;
/** So that a host whose clock is a little behind takes a fresh certificate. */
const CLOCK_LENIENCE_MS = 5 * 60_000;
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** PEM certificate and PKCS #8 key (PEM). */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: string;
}

interface Times {
  readonly serial: string;
  readonly now: Date;
}

/** SHA-256 (hex) of a public key as certificates hold it (SPKI, DER): what people compare, and what the pasted command names. */
export const fingerprintOf = (key: KeyObject): string =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");

/** A root, and a key that it lets issue. */
export async function makeAuthority(input: {
  readonly name: string;
  readonly now: Date;
  readonly serials: readonly [string, string];
}): Promise<{ root: CertifiedKey; issuing: CertifiedKey }> {
  const rootKeys = await newKeys();
  const issuingKeys = await newKeys();
  const window = {
    notBefore: new Date(input.now.getTime() - CLOCK_LENIENCE_MS),
    notAfter: new Date(input.now.getTime() + ROOT_DAYS * DAY_MS),
  };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: input.serials[0],
    name: `CN=${input.name}`,
    ...window,
    signingAlgorithm: ALGORITHM,
    keys: rootKeys,
    extensions: await authorityExtensions(rootKeys.publicKey, 1),
  });
  const issuing = await x509.X509CertificateGenerator.create({
    serialNumber: input.serials[1],
    subject: `CN=${input.name} issuing`,
    issuer: root.subject,
    ...window,
    signingAlgorithm: ALGORITHM,
    publicKey: issuingKeys.publicKey,
    signingKey: rootKeys.privateKey,
    extensions: [
      ...(await authorityExtensions(issuingKeys.publicKey, 0)),
      await x509.AuthorityKeyIdentifierExtension.create(rootKeys.publicKey),
    ],
  });
  return {
    root: { certificate: pemOf(root), key: await exported(rootKeys.privateKey) },
    issuing: { certificate: pemOf(issuing), key: await exported(issuingKeys.privateKey) },
  };
}

/** `root`, as `by` vouches for it: whoever knows `by` alone can follow it. */
export async function makeCross(by: CertifiedKey, root: string, times: Times): Promise<string> {
  const signer = new x509.X509Certificate(by.certificate);
  const subject = new x509.X509Certificate(root);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: times.serial,
    subject: subject.subject,
    issuer: signer.subject,
    notBefore: subject.notBefore,
    notAfter: signer.notAfter,
    signingAlgorithm: ALGORITHM,
    publicKey: subject.publicKey,
    signingKey: await imported(by.key),
    extensions: [...(await authorityExtensions(subject.publicKey, 1)), await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey)],
  });
  return pemOf(certificate);
}

/** A client's certificate for this key, with the agent's UUID in its name of kind URI. */
export async function makeAgentCertificate(
  issuer: CertifiedKey,
  agent: { readonly id: string; readonly name: string; readonly publicKey: KeyObject },
  times: Times,
): Promise<{ certificate: string; notBefore: Date; notAfter: Date }> {
  const signer = new x509.X509Certificate(issuer.certificate);
  const publicKey = new x509.PublicKey(agent.publicKey.export({ type: "spki", format: "der" }));
  // Certificates have whole seconds.
  const second = Math.floor(times.now.getTime() / 1000) * 1000;
  const notBefore = new Date(second - CLOCK_LENIENCE_MS);
  const notAfter = new Date(second + CERTIFICATE_HOURS * 3_600_000);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: times.serial,
    subject: `CN=${agent.name}`,
    issuer: signer.subject,
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    publicKey,
    signingKey: await imported(issuer.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: "url", value: agentUri(agent.id) }]),
      await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey),
    ],
  });
  return { certificate: pemOf(certificate), notBefore, notAfter };
}

/** What the agents' listener shows, for these names and addresses. */
export async function makeServerCertificate(
  issuer: CertifiedKey,
  names: readonly string[],
  times: Times,
): Promise<CertifiedKey & { notAfter: Date }> {
  const signer = new x509.X509Certificate(issuer.certificate);
  const keys = await newKeys();
  const notAfter = new Date(times.now.getTime() + SERVER_DAYS * DAY_MS);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: times.serial,
    subject: "CN=Berth control plane",
    issuer: signer.subject,
    notBefore: new Date(times.now.getTime() - CLOCK_LENIENCE_MS),
    notAfter,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await imported(issuer.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([...new Set(names)].map((value) => ({ type: isIP(value) ? "ip" : "dns", value }) as const)),
      await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey),
    ],
  });
  return { certificate: pemOf(certificate), key: await exported(keys.privateKey), notAfter };
}

/** A key pair for an agent that sent none: the private one as PEM. */
export async function makeAgentKey(): Promise<{ publicKey: KeyObject; key: string }> {
  const keys = await newKeys();
  const spki = Buffer.from(await webcrypto.subtle.exportKey("spki", keys.publicKey));
  return { publicKey: createPublicKey({ key: spki, format: "der", type: "spki" }), key: await exported(keys.privateKey) };
}

/** The key of a request whose own signature shows that its sender has it. Throws VALIDATION_FAILED. */
export async function keyOfRequest(pem: string): Promise<KeyObject> {
  const wrong = (problem: string) => new BerthError("VALIDATION_FAILED", `csr: ${problem}`, { details: { fields: { csr: problem } } });
  let key: KeyObject;
  try {
    const request = new x509.Pkcs10CertificateRequest(pem);
    key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: "der", type: "spki" });
    demandStrongKey(key, wrong);
    if (!(await request.verify())) throw wrong("its signature is not by its key");
  } catch (error) {
    if (error instanceof BerthError) throw error;
    throw wrong("is not a certificate request (PKCS #10, PEM)");
  }
  return key;
}

function demandStrongKey(key: KeyObject, wrong: (problem: string) => BerthError): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "ed25519") return;
  if (type === "ec" && details?.namedCurve === "prime256v1") return;
  const bits = details?.modulusLength ?? 0;
  if (type === "rsa" && bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS && (details?.publicExponent ?? 0n) >= 65_537n) return;
  throw wrong("use a key of P-256, Ed25519, or RSA with 2048 bits or more");
}

async function authorityExtensions(key: webcrypto.CryptoKey | x509.PublicKey, pathLength: number): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(key),
  ];
}

const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
const pemOf = (certificate: x509.X509Certificate): string => `${certificate.toString("pem").trim()}\n`;

async function exported(key: webcrypto.CryptoKey): Promise<string> {
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY").trim()}\n`;
}

function imported(pem: string): Promise<webcrypto.CryptoKey> {
  const [pkcs8] = x509.PemConverter.decode(pem);
  if (!pkcs8) throw new Error("a key of the agents' authority is not PEM");
  return webcrypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]);
}
