/** A certificate authority of the kit's own: a forger's towards control planes, the control plane's towards agents. */
import "reflect-metadata";
import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { agentUri } from "@berth/protocol/agent-proof";
import * as x509 from "@peculiar/x509";

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
const serial = () => `01${randomBytes(15).toString("hex")}`;

export interface Issued {
  /** PEM. */
  readonly cert: string;
  readonly ca: string;
  readonly expiresAt: string;
}

export interface Authority {
  /** PEM. */
  readonly root: string;
  /** For the agent with this UUID, by its request. Throws where the request is not signed by its key. */
  issue(agentId: string, name: string, csr: string, lifeMs?: number): Promise<Issued>;
  /** Of a listener at these names and addresses. */
  serverCertificate(names: readonly string[]): Promise<{ cert: string; key: string }>;
}

export async function makeAuthority(name: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const begin = new Date(Date.now() - 60_000);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${name}`,
    notBefore: begin,
    notAfter: new Date(Date.now() + 30 * DAY_MS),
    signingAlgorithm: P256,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const rootPem = `${root.toString("pem")}\n`;

  async function sign(subject: string, publicKey: x509.PublicKeyType, notAfter: Date, usage: string, names: x509.JsonGeneralNames) {
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject,
      issuer: root.subject,
      notBefore: begin,
      notAfter,
      signingAlgorithm: P256,
      publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        new x509.SubjectAlternativeNameExtension(names),
      ],
    });
    return `${certificate.toString("pem")}\n`;
  }

  return {
    root: rootPem,
    async issue(agentId, agentName, csr, lifeMs = DAY_MS) {
      const request = new x509.Pkcs10CertificateRequest(csr);
      if (!(await request.verify())) throw new Error("the certificate request is not signed by its key");
      const end = new Date(Math.floor((Date.now() + lifeMs) / 1000) * 1000);
      const names: x509.JsonGeneralNames = [{ type: "url", value: agentUri(agentId) }];
      const cert = await sign(`CN=${agentName}`, request.publicKey, end, x509.ExtendedKeyUsage.clientAuth, names);
      return { cert, ca: rootPem, expiresAt: end.toISOString() };
    },
    async serverCertificate(names) {
      const own = await webcrypto.subtle.generateKey(P256, true, ["sign", "verify"]);
      const alternatives = names.map((value) => ({ type: isIP(value) ? "ip" : "dns", value }) as const);
      const end = new Date(Date.now() + DAY_MS);
      const cert = await sign("CN=conformance listener", own.publicKey, end, x509.ExtendedKeyUsage.serverAuth, alternatives);
      const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", own.privateKey));
      const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ type: "pkcs8", format: "pem" }).toString();
      return { cert, key };
    },
  };
}
