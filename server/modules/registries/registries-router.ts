import { BerthError } from "@berth/protocol/errors";
import { z } from "zod";
import { enforce } from "../../platform/verdict";
import { procedure, router } from "../../trpc/init";
import type { Actor } from "../users/users-policy";
import { mayRegistries } from "./registries-policy";
import { listRegistriesOutput, registryHostInput, registrySchema, saveRegistryInput } from "./registries-schema";

const allow = (actor: Actor, action: "see" | "change") =>
  enforce(mayRegistries(actor, action), () => new BerthError("NOT_FOUND", "No such page"), "administer image registries");

export const registriesRouter = router({
  list: procedure
    .meta({
      rest: { method: "GET", path: "/registries", summary: "List the image registries that agents sign in to; never their passwords" },
    })
    .output(listRegistriesOutput)
    .query(({ ctx }) => {
      allow(ctx.login, "see");
      return ctx.services.registries.list();
    }),
  save: procedure
    .meta({
      rest: {
        method: "PUT",
        path: "/registries/{host}",
        summary: "Set user name and password for an image registry, which sessions' images are pulled with",
        example: { username: "puller", password: "…" },
      },
    })
    .input(saveRegistryInput)
    .output(registrySchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "change");
      return ctx.services.registries.save(ctx.asker, input);
    }),
  remove: procedure
    .meta({ rest: { method: "DELETE", path: "/registries/{host}", status: 204, summary: "Forget the password of an image registry" } })
    .input(registryHostInput)
    .output(z.void())
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "change");
      return ctx.services.registries.remove(ctx.asker, input.host);
    }),
});
