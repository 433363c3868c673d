import { z } from "zod";
import { procedure, router } from "../../trpc/init";
import {
  fileChangesOutput,
  listFilesInput,
  listFilesOutput,
  makeFolderInput,
  moveFileInput,
  removeFileInput,
  watchFilesInput,
} from "./files-schema";

/** What is small; contents go by `/v1/agents/{id}/files`. The service asks the policy: it knows whose the session is when it has read it. */
export const filesRouter = router({
  list: procedure
    .input(listFilesInput)
    .output(listFilesOutput)
    .query(({ ctx, input }) => ctx.services.files.list(ctx.asker, input)),
  /** Until the session ends, or may no longer be touched by who asked. */
  changes: procedure.input(watchFilesInput).subscription(async function* ({ ctx, input, signal }) {
    for await (const changes of ctx.services.files.changes(ctx.asker, input, signal)) yield fileChangesOutput.parse(changes);
  }),
  makeFolder: procedure
    .input(makeFolderInput)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.files.makeFolder(ctx.asker, input)),
  move: procedure
    .input(moveFileInput)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.files.move(ctx.asker, input)),
  remove: procedure
    .input(removeFileInput)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.files.remove(ctx.asker, input)),
});
