import { createHmac } from "node:crypto";
import { z } from "zod";
import { sameSecret } from "../../../platform/secrets";

const passSchema = z.strictObject({
  sessionId: z.uuid(),
  /** Null: the display's own. */
  port: z.number().int().nullable(),
  userId: z.uuid(),
  loginId: z.string(),
  accessEpoch: z.number().int(),
  /** The link to the port, or the invitation or link to the app, that they came by. */
  shareId: z.uuid().nullable().default(null),
  /** How a guest calls themself, or why an administrator is here. */
  note: z.string().nullable().default(null),
  /** Seconds since 1970. */
  expires: z.number().int(),
});
/** What the cookie of a session's web app says. It is signed, not secret. */
export type AppPass = z.infer<typeof passSchema>;

const sign = (body: string, key: Uint8Array): string => createHmac("sha256", key).update(body).digest("base64url");

export function sealAppPass(pass: AppPass, key: Uint8Array): string {
  const body = Buffer.from(JSON.stringify(pass)).toString("base64url");
  return `${body}.${sign(body, key)}`;
}

/** Null for anything that wasn't sealed with this key. Expiry is the caller's to check. */
export function openAppPass(cookie: string, key: Uint8Array): AppPass | null {
  const [body, signature, ...rest] = cookie.split(".");
  if (!body || !signature || rest.length > 0 || !sameSecret(signature, sign(body, key))) return null;
  try {
    return passSchema.parse(JSON.parse(Buffer.from(body, "base64url").toString("utf8")));
  } catch {
    return null;
  }
}
