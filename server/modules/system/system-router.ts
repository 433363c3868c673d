import { procedure, router } from "../../trpc/init";
import { systemStatusOutput } from "./system-schema";

export const systemRouter = router({
  status: procedure
    .meta({ rest: { method: "GET", path: "/status", summary: "See the version and what needs attention" } })
    .output(systemStatusOutput)
    .query(({ ctx }) => ctx.services.system.status(ctx.login)),
});
