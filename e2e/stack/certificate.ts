import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** A self-signed certificate for the UI and for apps' names on this machine, good for a day. Needs `openssl`. */
export function makeCertificate(folder: string): { cert: string; key: string } {
  const cert = join(folder, "cert.pem");
  const key = join(folder, "key.pem");
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:*.apps.localhost"];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  execFileSync("openssl", ["req", "-x509", "-days", "1", ...newKey, ...names, "-out", cert], { stdio: "ignore" });
  return { cert, key };
}
