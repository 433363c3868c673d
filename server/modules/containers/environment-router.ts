import { enforce } from "../../platform/verdict";
import type { Context } from "../../trpc/context";
import { procedure, router } from "../../trpc/init";
import {
  environmentInput,
  environmentOutput,
  updateEnvironmentInput,
  updateEnvironmentOutput,
} from "../sessions/environment/environment-schema";
import { maySessions } from "../sessions/sessions-policy";
import { sessionMissing } from "../sessions/sessions-service";
import type { Login } from "../users/users-schema";

/** 403 where a session is another's, as the contract asks. */
async function allow(
  ctx: Context & { login: Login },
  id: string,
  action: "environment" | "changeEnvironment",
  what: string,
): Promise<void> {
  const verdict = maySessions(ctx.login, action, await ctx.services.sessions.ownership(id));
  enforce(verdict === "hidden" ? "refused" : verdict, () => sessionMissing(id), what);
}

/** The variables of sessions; part of `containers`. */
export const environmentRouter = router({
  env: procedure
    .meta({
      rest: { surface: "containers", method: "GET", path: "/{containerId}/env", summary: "List a container's environment variables" },
    })
    .input(environmentInput)
    .output(environmentOutput)
    .query(async ({ ctx, input }) => {
      await allow(ctx, input.containerId, "environment", "see another person's variables");
      if (input.reveal) await allow(ctx, input.containerId, "changeEnvironment", "see the values of another person's variables");
      return ctx.services.environment.read(ctx.asker, input);
    }),
  updateEnv: procedure
    .meta({
      rest: {
        surface: "containers",
        method: "PATCH",
        path: "/{containerId}/env",
        summary: "Set and remove a container's environment variables",
        refusals: [412],
        example: { env: { EDITOR: "vi", OLD_NAME: null }, restart: false },
      },
    })
    .input(updateEnvironmentInput)
    .output(updateEnvironmentOutput)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.containerId, "changeEnvironment", "change another person's variables");
      return ctx.services.environment.update(ctx.asker, input, () => ctx.services.containers.restart(ctx.asker, input.containerId));
    }),
});
