import { z } from "zod";
import { enforce } from "../../platform/verdict";
import { procedure, router } from "../../trpc/init";
import type { Actor } from "../users/users-policy";
import { mayTemplates, type TemplateAction } from "./templates-policy";
import {
  createTemplateInput,
  getTemplateInput,
  listTemplatesInput,
  listTemplatesOutput,
  templateSchema,
  updateTemplateInput,
} from "./templates-schema";
import { templateMissing } from "./templates-service";

const allow = (actor: Actor, action: TemplateAction, name: string) =>
  enforce(mayTemplates(actor, action), () => templateMissing(name), "change templates");
const writing = (security: "strict" | "compatible"): TemplateAction => (security === "compatible" ? "writeCompatible" : "write");

export const templatesRouter = router({
  list: procedure
    .meta({ rest: { method: "GET", path: "/templates" } })
    .input(listTemplatesInput)
    .output(listTemplatesOutput)
    .query(({ ctx, input }) => ctx.services.templates.list(input)),
  get: procedure
    .meta({ rest: { method: "GET", path: "/templates/{name}" } })
    .input(getTemplateInput)
    .output(templateSchema)
    .query(({ ctx, input }) => {
      allow(ctx.login, "see", input.name);
      return ctx.services.templates.get(input.name);
    }),
  create: procedure
    .meta({ rest: { method: "POST", path: "/templates", status: 201 } })
    .input(createTemplateInput)
    .output(templateSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, writing(input.security), input.name);
      return ctx.services.templates.create(ctx.asker, input);
    }),
  update: procedure
    .meta({ rest: { method: "PUT", path: "/templates/{name}" } })
    .input(updateTemplateInput)
    .output(templateSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, writing(input.security), input.name);
      return ctx.services.templates.update(ctx.asker, input);
    }),
  remove: procedure
    .meta({ rest: { method: "DELETE", path: "/templates/{name}", status: 204 } })
    .input(getTemplateInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "write", input.name);
      await ctx.services.templates.remove(ctx.asker, input.name);
    }),
});
