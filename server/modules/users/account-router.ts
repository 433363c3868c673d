import { z } from "zod";
import { enforce } from "../../platform/verdict";
import { personProcedure, procedure, router } from "../../trpc/init";
import { usageSchema } from "../quotas/usage-schema";
import {
  accountSchema,
  confirmSecondFactorInput,
  loginIdInput,
  loginsOutput,
  proofInput,
  recoveryCodesOutput,
  secondFactorSchema,
  startSecondFactorInput,
  startSecondFactorOutput,
  updateAccountInput,
} from "./account-schema";
import { userMissing } from "./user-missing";
import { type Actor, mayUsers } from "./users-policy";

const allow = (actor: Actor) => enforce(mayUsers(actor, "changeOwnAccount"), () => userMissing(actor.userId), "change this account");
const doneSchema = z.object({ message: z.string() });

/** What everyone does with their own account. */
export const accountRouter = router({
  update: procedure
    .meta({
      rest: {
        method: "PATCH",
        path: "/auth/me",
        summary: "Change your own display name, theme or time zone",
        example: { time_zone: "Europe/Berlin" },
      },
    })
    .input(updateAccountInput)
    .output(accountSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login);
      return ctx.services.users.updateAccount(ctx.asker, input);
    }),
  usage: procedure
    .meta({ rest: { method: "GET", path: "/auth/usage", summary: "See what you have, of what you may have" } })
    .output(usageSchema)
    .query(({ ctx }) => {
      allow(ctx.login);
      return ctx.services.quotas.usage(ctx.login.userId);
    }),
  logins: personProcedure
    .meta({ rest: { method: "GET", path: "/auth/logins", summary: "List your logins" } })
    .output(loginsOutput)
    .query(async ({ ctx }) => {
      allow(ctx.login);
      return { logins: await ctx.services.logins.list(ctx.asker) };
    }),
  endLogin: personProcedure
    .meta({ rest: { method: "DELETE", path: "/auth/logins/{id}", status: 204, summary: "End one of your logins" } })
    .input(loginIdInput)
    .output(z.void())
    .mutation(({ ctx, input }) => {
      allow(ctx.login);
      return ctx.services.logins.end(ctx.asker, input.id);
    }),
  signOutEverywhere: personProcedure
    .meta({ rest: { method: "POST", path: "/auth/logout-everywhere", summary: "End all your other logins" } })
    .output(doneSchema)
    .mutation(async ({ ctx }) => {
      allow(ctx.login);
      await ctx.services.logins.endAll(ctx.asker, ctx.login.userId);
      return { message: "Every login has ended, this one too" };
    }),
  secondFactor: personProcedure
    .meta({ rest: { method: "GET", path: "/auth/second-factor", summary: "See whether your second factor is on" } })
    .output(secondFactorSchema)
    .query(({ ctx }) => {
      allow(ctx.login);
      return ctx.services.secondFactor.status(ctx.login.userId);
    }),
  startSecondFactor: personProcedure
    .meta({ rest: { method: "POST", path: "/auth/second-factor", summary: "Begin to set up your second factor" } })
    .input(startSecondFactorInput)
    .output(startSecondFactorOutput)
    .mutation(({ ctx, input }) => {
      allow(ctx.login);
      return ctx.services.secondFactor.start(ctx.asker, input.password);
    }),
  confirmSecondFactor: personProcedure
    .meta({ rest: { method: "POST", path: "/auth/second-factor/confirm", summary: "Turn your second factor on with its first code" } })
    .input(confirmSecondFactorInput)
    .output(recoveryCodesOutput)
    .mutation(({ ctx, input }) => {
      allow(ctx.login);
      return ctx.services.secondFactor.confirm(ctx.asker, input.code);
    }),
  renewRecoveryCodes: personProcedure
    .meta({ rest: { method: "POST", path: "/auth/second-factor/recovery-codes", summary: "Make new recovery codes" } })
    .input(proofInput)
    .output(recoveryCodesOutput)
    .mutation(({ ctx, input }) => {
      allow(ctx.login);
      return ctx.services.secondFactor.renewRecoveryCodes(ctx.asker, input);
    }),
  removeSecondFactor: personProcedure
    .meta({ rest: { method: "POST", path: "/auth/second-factor/remove", summary: "Turn your second factor off" } })
    .input(proofInput)
    .output(doneSchema)
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login);
      await ctx.services.secondFactor.remove(ctx.asker, input);
      return { message: "The second factor was removed" };
    }),
});
