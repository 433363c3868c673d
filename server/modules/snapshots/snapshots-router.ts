import { z } from "zod";
import { enforce } from "../../platform/verdict";
import { procedure, router } from "../../trpc/init";
import { maySnapshots } from "./snapshots-policy";
import {
  createSnapshotInput,
  listSnapshotsInput,
  listSnapshotsOfSessionInput,
  listSnapshotsOutput,
  snapshotIdInput,
  snapshotSchema,
} from "./snapshots-schema";
import { snapshotMissing } from "./snapshots-service";

export const snapshotsRouter = router({
  /** One's own; an admin sees all, or those of one person. */
  list: procedure
    .meta({ rest: { method: "GET", path: "/snapshots", summary: "List snapshots" } })
    .input(listSnapshotsInput)
    .output(listSnapshotsOutput)
    .query(({ ctx, input }) => ctx.services.snapshots.list(ctx.login, input)),
  ofSession: procedure
    .meta({ rest: { method: "GET", path: "/sessions/{sessionId}/snapshots", summary: "List the snapshots that were taken of a session" } })
    .input(listSnapshotsOfSessionInput)
    .output(listSnapshotsOutput)
    .query(({ ctx, input }) => ctx.services.snapshots.ofSession(ctx.login, input)),
  get: procedure
    .meta({ rest: { method: "GET", path: "/snapshots/{id}", summary: "Read a snapshot" } })
    .input(snapshotIdInput)
    .output(snapshotSchema)
    .query(async ({ ctx, input }) => {
      const owner = await ctx.services.snapshots.ownership(input.id);
      enforce(maySnapshots(ctx.login, "see", owner), () => snapshotMissing(input.id), "see this snapshot");
      return ctx.services.snapshots.get(input.id);
    }),
  create: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/sessions/{sessionId}/snapshots",
        status: 202,
        summary: "Save a session's home as a snapshot",
        refusals: [409],
      },
    })
    .input(createSnapshotInput)
    .output(snapshotSchema)
    .mutation(({ ctx, input }) => ctx.services.snapshots.create(ctx.asker, input)),
  /** Answers once the removal is written down; it goes from the list when its agent has done it. */
  delete: procedure
    .meta({ rest: { method: "DELETE", path: "/snapshots/{id}", status: 204, summary: "Delete a snapshot, or end its making" } })
    .input(snapshotIdInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      const owner = await ctx.services.snapshots.ownership(input.id);
      enforce(maySnapshots(ctx.login, "delete", owner), () => snapshotMissing(input.id), "delete this snapshot");
      await ctx.services.snapshots.delete(ctx.asker, input.id);
    }),
});
