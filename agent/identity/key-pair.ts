/** The agent's key: made on its host, which it never leaves. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { PemConverter, Pkcs10CertificateRequestGenerator } from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A P-256 key (PKCS #8, PEM) and a request for a certificate of it (PKCS #10, PEM), signed with it. */
export async function makeKeyPair(name: string): Promise<{ key: string; csr: string }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create({ name: `CN=${name}`, keys, signingAlgorithm: ALGORITHM });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { key: `${PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`, csr: `${request.toString("pem")}\n` };
}
