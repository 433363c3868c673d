import { createHmac } from "node:crypto";

/** `Berth-Signature`: when it was sent, in seconds since 1970, and HMAC-SHA256 of that, a dot and the body, hex. */
export function signatureOf(secret: string, at: Date, body: string): string {
  const seconds = Math.floor(at.getTime() / 1000);
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}
