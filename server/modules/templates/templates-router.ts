import { z } from "zod";
import { enforce } from "../../platform/verdict";
import { procedure, router } from "../../trpc/init";
import { atOnce } from "../../trpc/parse-at-once";
import type { Actor } from "../users/users-policy";
import {
  cloneInput,
  exportOutput,
  getVersionInput,
  importInput,
  importOutput,
  listIconsOutput,
  listVersionsInput,
  listVersionsOutput,
  previewImportInput,
  previewImportOutput,
  rollBackInput,
  uploadIconInput,
  uploadIconOutput,
  usageInput,
  usageOutput,
  versionDetailSchema,
} from "./template-versions-schema";
import { mayTemplates, type TemplateAction } from "./templates-policy";
import {
  createTemplateInput,
  getTemplateInput,
  listTemplatesInput,
  listTemplatesOutput,
  setFavouriteInput,
  setWarmPoolInput,
  shelvesOutput,
  templateSchema,
  updateTemplateInput,
  warmPoolStatusSchema,
} from "./templates-schema";
import { templateMissing } from "./templates-service";

const allow = (actor: Actor, action: TemplateAction, name: string) =>
  enforce(
    mayTemplates(actor, action),
    () => templateMissing(name),
    action === "inspect" ? "see a template's versions and use" : "change templates",
  );
const writing = (security: "strict" | "compatible"): TemplateAction => (security === "compatible" ? "writeCompatible" : "write");

export const templatesRouter = router({
  list: procedure
    .meta({ rest: { method: "GET", path: "/templates", summary: "List templates", shared: true } })
    .input(listTemplatesInput)
    .output(atOnce(listTemplatesOutput))
    .query(({ ctx, input }) => ctx.services.templates.list(input)),
  shelves: procedure.output(shelvesOutput).query(({ ctx }) => ctx.services.templates.shelves(ctx.login.userId)),
  setFavourite: procedure
    .input(setFavouriteInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "see", input.name);
      await ctx.services.templates.setFavourite(ctx.login.userId, input.name, input.favourite);
    }),
  get: procedure
    .meta({ rest: { method: "GET", path: "/templates/{name}", summary: "Get a template" } })
    .input(getTemplateInput)
    .output(templateSchema)
    .query(({ ctx, input }) => {
      allow(ctx.login, "see", input.name);
      return ctx.services.templates.get(input.name);
    }),
  create: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/templates",
        status: 201,
        summary: "Create a template",
        example: {
          name: "team-desktop",
          display_name: "Team desktop",
          category: "Desktops",
          image: "registry.example/team/desktop:1",
          display: { protocol: "rfb", port: 5900 },
          default_resources: { memory: "2Gi", cpu: "1" },
        },
      },
    })
    .input(createTemplateInput)
    .output(templateSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, writing(input.security), input.name);
      return ctx.services.templates.create(ctx.asker, input);
    }),
  update: procedure
    .meta({ rest: { method: "PUT", path: "/templates/{name}", summary: "Save a new version of a template" } })
    .input(updateTemplateInput)
    .output(templateSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, writing(input.security), input.name);
      return ctx.services.templates.update(ctx.asker, input);
    }),
  remove: procedure
    .meta({ rest: { method: "DELETE", path: "/templates/{name}", status: 204, summary: "Remove a template" } })
    .input(getTemplateInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "write", input.name);
      await ctx.services.templates.remove(ctx.asker, input.name);
    }),
  versions: procedure
    .meta({ rest: { method: "GET", path: "/templates/{name}/versions", summary: "List a template's versions" } })
    .input(listVersionsInput)
    .output(listVersionsOutput)
    .query(({ ctx, input }) => {
      allow(ctx.login, "inspect", input.name);
      return ctx.services.templateHistory.versions(input);
    }),
  version: procedure
    .meta({ rest: { method: "GET", path: "/templates/{name}/versions/{version}", summary: "Get one version of a template" } })
    .input(getVersionInput)
    .output(versionDetailSchema)
    .query(({ ctx, input }) => {
      allow(ctx.login, "inspect", input.name);
      return ctx.services.templateHistory.version(input.name, input.version);
    }),
  rollback: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/templates/{name}/rollback",
        summary: "Go back to an earlier version",
        example: { version: 1, from_version: 3 },
      },
    })
    .input(rollBackInput)
    .output(templateSchema)
    .mutation(({ ctx, input }) => {
      // The old version may be a compatible one.
      allow(ctx.login, "writeCompatible", input.name);
      return ctx.services.templateHistory.rollBack(ctx.asker, input);
    }),
  clone: procedure
    .meta({ rest: { method: "POST", path: "/templates/{name}/clone", status: 201, summary: "Copy a template under another name" } })
    .input(cloneInput)
    .output(templateSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "writeCompatible", input.name);
      return ctx.services.templateHistory.clone(ctx.asker, input);
    }),
  export: procedure
    .meta({ rest: { method: "GET", path: "/templates/{name}/export", summary: "Export a template as YAML" } })
    .input(getTemplateInput)
    .output(exportOutput)
    .query(({ ctx, input }) => {
      allow(ctx.login, "inspect", input.name);
      return ctx.services.templateHistory.exportYaml(input.name);
    }),
  usage: procedure
    .meta({ rest: { method: "GET", path: "/templates/{name}/usage", summary: "See who uses a template" } })
    .input(usageInput)
    .output(usageOutput)
    .query(({ ctx, input }) => {
      allow(ctx.login, "inspect", input.name);
      return ctx.services.templateHistory.usage(input.name);
    }),
  warmPool: procedure
    .meta({ rest: { method: "GET", path: "/templates/{name}/warm-pool", summary: "See how many sessions wait in a template's warm pool" } })
    .input(getTemplateInput)
    .output(warmPoolStatusSchema)
    .query(({ ctx, input }) => {
      allow(ctx.login, "inspect", input.name);
      return ctx.services.warmPool.status(input.name);
    }),
  setWarmPool: procedure
    .meta({
      rest: {
        method: "PUT",
        path: "/templates/{name}/warm-pool",
        summary: "Set how many sessions a template keeps waiting",
        example: { size: 2 },
      },
    })
    .input(setWarmPoolInput)
    .output(templateSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "write", input.name);
      return ctx.services.templates.setWarmPool(ctx.asker, input);
    }),
  /** Changes nothing; a mutation because a file is too long for an address. */
  previewImport: procedure
    .meta({ rest: { method: "POST", path: "/template-imports/preview", summary: "See what an import would change" } })
    .input(previewImportInput)
    .output(previewImportOutput)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "writeCompatible", "");
      return ctx.services.templateHistory.previewImport(input.yaml);
    }),
  import: procedure
    .meta({ rest: { method: "POST", path: "/template-imports", summary: "Import templates from YAML" } })
    .input(importInput)
    .output(importOutput)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "writeCompatible", "");
      return ctx.services.templateHistory.importYaml(ctx.asker, input);
    }),
  icons: procedure
    .meta({ rest: { method: "GET", path: "/template-icons", summary: "List uploaded icons" } })
    .output(listIconsOutput)
    .query(async ({ ctx }) => {
      allow(ctx.login, "write", "");
      return { icons: await ctx.services.templateIcons.list() };
    }),
  uploadIcon: procedure
    .meta({ rest: { method: "POST", path: "/template-icons", status: 201, summary: "Upload an icon" } })
    .input(uploadIconInput)
    .output(uploadIconOutput)
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "write", "");
      return { icon: await ctx.services.templateIcons.upload(ctx.asker, input.png) };
    }),
});
