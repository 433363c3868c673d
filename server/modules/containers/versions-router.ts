import { procedure, router } from "../../trpc/init";
import { sessionUpdateSchema, updateVersionInput, versionsInput, versionsOutput } from "../sessions/versions/versions-schema";
import { allow, served } from "./containers-router";

/** Merged into `containers`. */
export const versionsRouter = router({
  versions: procedure
    .meta(served("GET", "/{containerId}/versions", "Read what a container is made from, what it could be, and what it was"))
    .input(versionsInput)
    .output(versionsOutput)
    .query(async ({ ctx, input }) => {
      await allow(ctx, input.containerId, "see", "see another person's container");
      return ctx.services.versions.list(ctx.asker, input.containerId);
    }),
  updateVersion: procedure
    .meta({
      rest: {
        ...served("POST", "/{containerId}/update-version", "Update a container to another tag or template version; rolled back by itself")
          .rest,
        status: 202,
        refusals: [409],
        example: { tag: "2" },
      },
    })
    .input(updateVersionInput)
    .output(sessionUpdateSchema)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.containerId, "version", "update another person's container");
      return ctx.services.versions.update(ctx.asker, input);
    }),
  cancelUpdate: procedure
    .input(versionsInput)
    .output(sessionUpdateSchema)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.containerId, "version", "cancel the update of another person's container");
      return ctx.services.versions.cancel(ctx.asker, input.containerId);
    }),
});
