import { BerthError } from "@berth/protocol/errors";
import { enforce } from "../../platform/verdict";
import { procedure, router } from "../../trpc/init";
import { mayAudit } from "./audit-policy";
import { auditWordsOutput, listAuditInput, listAuditOutput } from "./audit-schema";

export const auditRouter = router({
  list: procedure
    .meta({ rest: { method: "GET", path: "/audit", summary: "List audit entries" } })
    .input(listAuditInput)
    .output(listAuditOutput)
    .query(({ ctx, input }) => {
      enforce(mayAudit(ctx.login, "see"), () => new BerthError("NOT_FOUND", "No such page"), "read the audit log");
      return ctx.services.audit.list(input);
    }),
  words: procedure
    .meta({ rest: { method: "GET", path: "/audit/words", summary: "List the actions and kinds of things in the audit log" } })
    .output(auditWordsOutput)
    .query(({ ctx }) => {
      enforce(mayAudit(ctx.login, "see"), () => new BerthError("NOT_FOUND", "No such page"), "read the audit log");
      return ctx.services.audit.words();
    }),
});
