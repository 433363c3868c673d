import { enforce } from "../../platform/verdict";
import type { Context } from "../../trpc/context";
import { ASKS_AGENT, procedure, type RestRoute, router } from "../../trpc/init";
import { maySessions, type SessionAction } from "../sessions/sessions-policy";
import { sessionMissing } from "../sessions/sessions-service";
import type { Login } from "../users/users-schema";
import {
  containerHealthSchema,
  containerInput,
  containerLogsInput,
  containerLogsOutput,
  containerStateSchema,
  containerStatsOutput,
  healthSummaryInput,
  healthSummarySchema,
} from "./containers-schema";

/** Under `/v1/agents`. */
export const served = (method: RestRoute["method"], path: RestRoute["path"], summary: string, refusals?: RestRoute["refusals"]) => ({
  rest: { surface: "containers" as const, method, path, summary, ...(refusals && { refusals }) },
});

/** The contract asks for 403 where a session is another's, also where elsewhere it would look as if it weren't there. */
export async function allow(ctx: Context & { login: Login }, containerId: string, action: SessionAction, what: string): Promise<void> {
  const session = await ctx.services.sessions.ownership(containerId);
  const verdict = maySessions(ctx.login, action, session);
  enforce(verdict === "hidden" ? "refused" : verdict, () => sessionMissing(containerId), what);
}

export const containersRouter = router({
  restart: procedure
    .meta(served("POST", "/{containerId}/restart", "Restart a container"))
    .input(containerInput)
    .output(containerStateSchema)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.containerId, "hibernate", "restart another person's container");
      await allow(ctx, input.containerId, "wake", "restart another person's container");
      return ctx.services.containers.restart(ctx.asker, input.containerId);
    }),
  stop: procedure
    .meta(served("POST", "/{containerId}/stop", "Stop a container; its home is kept"))
    .input(containerInput)
    .output(containerStateSchema)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.containerId, "hibernate", "stop another person's container");
      return ctx.services.containers.stop(ctx.asker, input.containerId);
    }),
  start: procedure
    .meta(served("POST", "/{containerId}/start", "Start a container that was stopped"))
    .input(containerInput)
    .output(containerStateSchema)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.containerId, "wake", "start another person's container");
      return ctx.services.containers.start(ctx.asker, input.containerId);
    }),
  healthSummary: procedure
    .meta(served("GET", "/health", "Read how all of one's containers are"))
    .input(healthSummaryInput)
    .output(healthSummarySchema)
    .query(({ ctx, input }) => {
      enforce(input.all && ctx.login.role === "user" ? "refused" : "allowed", () => sessionMissing(""), "see everyone's containers");
      return ctx.services.containers.healthSummary(ctx.asker, input.all);
    }),
  health: procedure
    .meta(served("GET", "/{containerId}/health", "Read how a container is"))
    .input(containerInput)
    .output(containerHealthSchema)
    .query(async ({ ctx, input }) => {
      await allow(ctx, input.containerId, "see", "see another person's container");
      return ctx.services.containers.health(ctx.asker, input.containerId);
    }),
  stats: procedure
    .meta(served("GET", "/{containerId}/stats", "Read what a container uses", [409]))
    .input(containerInput)
    .output(containerStatsOutput)
    .query(async ({ ctx, input }) => {
      await allow(ctx, input.containerId, "see", "see what another person's container uses");
      return ctx.services.containers.stats(input.containerId);
    }),
  /** Once a second. */
  liveStats: procedure.input(containerInput).subscription(async function* ({ ctx, input, signal }) {
    await allow(ctx, input.containerId, "see", "see what another person's container uses");
    yield* ctx.services.containers.liveStats(input.containerId, signal);
  }),
  logs: procedure
    .meta(served("GET", "/{containerId}/logs", "Read what a container printed lately", ASKS_AGENT))
    .input(containerLogsInput)
    .output(containerLogsOutput)
    .query(async ({ ctx, input }) => {
      await allow(ctx, input.containerId, "logs", "read what another person's container prints");
      return ctx.services.containers.logs(ctx.asker, input);
    }),
});
