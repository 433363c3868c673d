import { z } from "zod";
import { pageInput, paginationSchema } from "../../platform/paging";

export const MAX_ENDPOINTS = 50;

export const webhookEventTypes = [
  "session.created",
  "session.running",
  "session.hibernated",
  "session.woken",
  "session.terminated",
  "session.failed",
  "session.deleted",
  "agent.online",
  "agent.offline",
  "agent.draining",
  "agent.revoked",
  "task.failed",
  "user.created",
  "user.disabled",
  "template.created",
  "template.updated",
] as const;
export const webhookEventTypeSchema = z.enum(webhookEventTypes);
export type WebhookEventType = z.infer<typeof webhookEventTypeSchema>;
/** Sent by the button, to endpoints whatever they listen to. */
export const TEST_EVENT = "webhook.test";

export const webhookSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  url: z.string(),
  events: z.array(webhookEventTypeSchema),
  active: z.boolean(),
  /** It may be at a private, loopback or link-local address. */
  allowPrivate: z.boolean(),
  createdAt: z.date(),
  updatedAt: z.date(),
  /** When something was delivered last. */
  lastDeliveryAt: z.date().nullable(),
  /** Since when nothing was; null while all is well. */
  failingSince: z.date().nullable(),
  /** Berth switched it off, after days of nothing but failures. */
  switchedOffAt: z.date().nullable(),
});
export type Webhook = z.infer<typeof webhookSchema>;
/** `secret` is told this once. */
export const webhookWithSecretSchema = webhookSchema.extend({ secret: z.string() });

function problemOf(url: URL | null): string | null {
  if (!url) return "must be an address such as https://example.net/hook";
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https:// or http://";
  return url.username || url.password ? "must not have a name or password in it; check the signature instead" : null;
}

/** As it is kept: without what follows `#`, which is never sent. */
const url = z
  .string()
  .max(2000)
  .transform((text, context) => {
    const parsed = URL.canParse(text) ? new URL(text) : null;
    const problem = problemOf(parsed);
    if (parsed && problem === null) {
      parsed.hash = "";
      return parsed.href;
    }
    context.addIssue({ code: "custom", message: problem ?? "" });
    return z.NEVER;
  });
const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((text) => !text.includes("\0"), "must not have a NUL in it");
const events = z
  .array(webhookEventTypeSchema)
  .min(1, "choose at least one")
  .max(webhookEventTypes.length)
  .transform((chosen) => webhookEventTypes.filter((type) => chosen.includes(type)));

export const createWebhookInput = z.strictObject({
  name,
  url,
  events,
  active: z.boolean().default(true),
  allowPrivate: z.boolean().default(false),
});
export const webhookIdInput = z.strictObject({ id: z.uuid() });
/** What isn't named stays. */
export const updateWebhookInput = z.strictObject({
  id: z.uuid(),
  name: name.optional(),
  url: url.optional(),
  events: events.optional(),
  active: z.boolean().optional(),
  allowPrivate: z.boolean().optional(),
});
export const listWebhooksOutput = z.object({ webhooks: z.array(webhookSchema) });

export const webhookDeliverySchema = z.object({
  /** `Berth-Delivery`, the same at each try. */
  id: z.uuid(),
  eventId: z.uuid(),
  type: z.string(),
  /** `cancelled`: its webhook was switched off before. */
  state: z.enum(["pending", "delivered", "failed", "cancelled"]),
  attempts: z.number().int(),
  createdAt: z.date(),
  /** Of the last try, as the rest. */
  lastAttemptAt: z.date().nullable(),
  /** Null: there is none any more. */
  nextAttemptAt: z.date().nullable(),
  status: z.number().int().nullable(),
  /** What the other side answered, its first kilobyte. */
  answer: z.string().nullable(),
  problem: z.string().nullable(),
  durationMs: z.number().int().nullable(),
  /** What is posted. */
  body: z.string(),
});
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;
export const listDeliveriesInput = z.strictObject({ id: z.uuid(), ...pageInput(20).shape });
export const listDeliveriesOutput = z.object({ deliveries: z.array(webhookDeliverySchema), pagination: paginationSchema });
export const deliveryIdInput = z.strictObject({ id: z.uuid(), deliveryId: z.uuid() });
