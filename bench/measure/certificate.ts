import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

export const certificateSchema = z.object({ certPath: z.string(), keyPath: z.string() });
/** Paths, since nginx and websockify want files. */
export type Certificate = z.infer<typeof certificateSchema>;

/** A self-signed certificate for the loopback, good for a day, made in `folder`. Needs `openssl`. */
export function makeCertificate(folder: string): Certificate {
  const certificate = { certPath: join(folder, "cert.pem"), keyPath: join(folder, "key.pem") };
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", certificate.keyPath];
  execFileSync("openssl", ["req", "-x509", "-days", "1", ...key, ...names, "-out", certificate.certPath], { stdio: "ignore" });
  return certificate;
}

export const readCertificate = (certificate: Certificate): { cert: string; key: string } => ({
  cert: readFileSync(certificate.certPath, "utf8"),
  key: readFileSync(certificate.keyPath, "utf8"),
});
