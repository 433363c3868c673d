import { z } from "zod";
import { enforce } from "../../platform/verdict";
import { procedure, router } from "../../trpc/init";
import { mayHomes } from "./homes-policy";
import { homeIdInput, listHomesInput, listHomesOutput } from "./homes-schema";
import { homeMissing } from "./homes-service";

export const homesRouter = router({
  /** One's own; an admin sees all, or those of one person. */
  list: procedure
    .meta({ rest: { method: "GET", path: "/homes", summary: "List homes" } })
    .input(listHomesInput)
    .output(listHomesOutput)
    .query(({ ctx, input }) => ctx.services.homes.list(ctx.login, input)),
  /** Answers once the removal is written down; the home goes from the list when its agent has done it. */
  delete: procedure
    .meta({ rest: { method: "DELETE", path: "/homes/{id}", status: 204, summary: "Delete a home and all that is in it" } })
    .input(homeIdInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      const home = await ctx.services.homes.ownership(input.id);
      enforce(mayHomes(ctx.login, "delete", home), () => homeMissing(input.id), "delete this home");
      await ctx.services.homes.delete(ctx.asker, input.id);
    }),
});
