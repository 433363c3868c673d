import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

const eventSchema = z.object({ id: z.string(), type: z.string(), createdAt: z.string(), data: z.record(z.string(), z.unknown()) });
/** What Berth posts. The same `id` may come more than once: what was done for it need not be done again. */
export type WebhookEvent = z.infer<typeof eventSchema>;

/** It was not sent by Berth, not now, or not as it is here. */
export class WebhookRefused extends Error {
  override readonly name = "WebhookRefused";
}

export interface VerifyWebhook {
  /** How old the signature may be, and how far ahead the other clock; default 300. */
  readonly toleranceSeconds?: number;
  readonly now?: Date;
}

/**
 * The event of a request, once `Berth-Signature` (`header`) is found to be the secret's, of this body and of this moment. `body` is the
 * text as it came, before anything parsed it. Several secrets: while a new one takes the place of an old one. Throws `WebhookRefused`.
 */
export function verifyWebhook(
  secret: string | readonly string[],
  header: string | null | undefined,
  body: string | Uint8Array,
  { toleranceSeconds = 300, now = new Date() }: VerifyWebhook = {},
): WebhookEvent {
  const parts = (header ?? "").split(",").map((part) => part.trim().split("="));
  const seconds = parts.find(([name]) => name === "t")?.[1] ?? "";
  const given = parts.flatMap(([name, value]) => (name === "v1" && value !== undefined ? [Buffer.from(value)] : []));
  if (!/^\d{1,12}$/.test(seconds) || given.length === 0) throw new WebhookRefused("There is no signature in Berth-Signature");
  const text = typeof body === "string" ? body : Buffer.from(body).toString("utf8");
  const secrets = typeof secret === "string" ? [secret] : secret;
  const good = secrets.some((one) => {
    const right = Buffer.from(createHmac("sha256", one).update(`${seconds}.${text}`).digest("hex"));
    return given.some((value) => value.length === right.length && timingSafeEqual(value, right));
  });
  if (!good) throw new WebhookRefused("The signature is not of this secret and body");
  if (Math.abs(now.getTime() / 1000 - Number(seconds)) > toleranceSeconds)
    throw new WebhookRefused("The signature is too old, or ahead of time");
  try {
    return eventSchema.parse(JSON.parse(text));
  } catch {
    throw new WebhookRefused("The body is not an event of Berth's");
  }
}
