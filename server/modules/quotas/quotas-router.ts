import { BerthError } from "@berth/protocol/errors";
import { enforce } from "../../platform/verdict";
import { procedure, router } from "../../trpc/init";
import type { Actor } from "../users/users-policy";
import { mayQuotas } from "./quotas-policy";
import { listQuotasOutput, roleQuotaSchema, setQuotaInput } from "./quotas-schema";

const allow = (actor: Actor, action: "see" | "set") =>
  enforce(mayQuotas(actor, action), () => new BerthError("NOT_FOUND", "No such page"), "administer quotas");

export const quotasRouter = router({
  list: procedure
    .meta({ rest: { method: "GET", path: "/quotas", summary: "List what each role may have" } })
    .output(listQuotasOutput)
    .query(({ ctx }) => {
      allow(ctx.login, "see");
      return ctx.services.quotas.list();
    }),
  set: procedure
    .meta({
      rest: {
        method: "PATCH",
        path: "/quotas/{role}",
        summary: "Set what everyone of a role may have; null is no limit",
        example: { sessions: 5, cpu: "4", memory: "8Gi", storage: "20Gi" },
      },
    })
    .input(setQuotaInput)
    .output(roleQuotaSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "set");
      return ctx.services.quotas.set(ctx.asker, input);
    }),
});
