import { BerthError } from "@berth/protocol/errors";
import { z } from "zod";
import { enforce } from "../../platform/verdict";
import { procedure, router } from "../../trpc/init";
import type { Actor } from "../users/users-policy";
import { mayWebhooks } from "./webhooks-policy";
import {
  createWebhookInput,
  deliveryIdInput,
  listDeliveriesInput,
  listDeliveriesOutput,
  listWebhooksOutput,
  updateWebhookInput,
  webhookDeliverySchema,
  webhookIdInput,
  webhookSchema,
  webhookWithSecretSchema,
} from "./webhooks-schema";

const allow = (actor: Actor, action: "see" | "change") =>
  enforce(mayWebhooks(actor, action), () => new BerthError("NOT_FOUND", "No such page"), "administer webhooks");

export const webhooksRouter = router({
  list: procedure
    .meta({ rest: { method: "GET", path: "/webhooks", summary: "List where events are posted to" } })
    .output(listWebhooksOutput)
    .query(async ({ ctx }) => {
      allow(ctx.login, "see");
      return { webhooks: await ctx.services.webhooks.list() };
    }),
  get: procedure
    .meta({ rest: { method: "GET", path: "/webhooks/{id}", summary: "See a webhook" } })
    .input(webhookIdInput)
    .output(webhookSchema)
    .query(({ ctx, input }) => {
      allow(ctx.login, "see");
      return ctx.services.webhooks.get(input.id);
    }),
  create: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/webhooks",
        status: 201,
        summary: "Have events posted to an address; the secret that they are signed with is told this once",
        example: { name: "chat", url: "https://example.net/berth", events: ["session.failed", "agent.offline"] },
      },
    })
    .input(createWebhookInput)
    .output(webhookWithSecretSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "change");
      return ctx.services.webhooks.create(ctx.asker, input);
    }),
  update: procedure
    .meta({
      rest: { method: "PATCH", path: "/webhooks/{id}", summary: "Change a webhook, or switch it on or off", example: { active: false } },
    })
    .input(updateWebhookInput)
    .output(webhookSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "change");
      return ctx.services.webhooks.update(ctx.asker, input);
    }),
  remove: procedure
    .meta({ rest: { method: "DELETE", path: "/webhooks/{id}", status: 204, summary: "Delete a webhook and its log" } })
    .input(webhookIdInput)
    .output(z.void())
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "change");
      return ctx.services.webhooks.remove(ctx.asker, input.id);
    }),
  rotateSecret: procedure
    .meta({ rest: { method: "POST", path: "/webhooks/{id}/secret", summary: "Make a new secret for a webhook; it is told this once" } })
    .input(webhookIdInput)
    .output(webhookWithSecretSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "change");
      return ctx.services.webhooks.rotateSecret(ctx.asker, input.id);
    }),
  test: procedure
    .meta({ rest: { method: "POST", path: "/webhooks/{id}/test", status: 202, summary: "Send a webhook a test" } })
    .input(webhookIdInput)
    .output(webhookDeliverySchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "change");
      return ctx.services.webhooks.test(ctx.asker, input.id);
    }),
  deliveries: procedure
    .meta({ rest: { method: "GET", path: "/webhooks/{id}/deliveries", summary: "List what was posted to a webhook, newest first" } })
    .input(listDeliveriesInput)
    .output(listDeliveriesOutput)
    .query(({ ctx, input }) => {
      allow(ctx.login, "see");
      return ctx.services.webhooks.deliveries(input);
    }),
  sendAgain: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/webhooks/{id}/deliveries/{deliveryId}/send",
        status: 202,
        summary: "Send a delivery again, under its id",
      },
    })
    .input(deliveryIdInput)
    .output(webhookDeliverySchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "change");
      return ctx.services.webhooks.sendAgain(ctx.asker, input.id, input.deliveryId);
    }),
});
