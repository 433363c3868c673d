import { z } from "zod";
import { enforce } from "../../platform/verdict";
import type { Context } from "../../trpc/context";
import { procedure, router } from "../../trpc/init";
import type { Asker, Login } from "../users/users-schema";
import { maySessions, type SessionAction } from "./sessions-policy";
import {
  createSessionInput,
  deleteSessionInput,
  listSessionEventsOutput,
  listSessionsInput,
  listSessionsOutput,
  openViewerInput,
  openViewerOutput,
  reportFirstFrameInput,
  sessionCountsOutput,
  sessionDetailSchema,
  sessionIdInput,
  setSessionStateInput,
} from "./sessions-schema";
import { sessionMissing } from "./sessions-service";

const actionOfState = { running: "wake", hibernated: "hibernate", terminating: "terminate", terminated: "forceTerminate" } as const;

async function allow(ctx: Context & { login: Login; asker: Asker }, id: string, action: SessionAction): Promise<void> {
  const session = await ctx.services.sessions.ownership(id);
  enforce(
    maySessions(ctx.login, action, session),
    () => sessionMissing(id),
    action === "screen" ? "open another person's screen" : `${action} this session`,
  );
}

export const sessionsRouter = router({
  create: procedure
    .meta({ rest: { method: "POST", path: "/sessions", status: 202 } })
    .input(createSessionInput)
    .output(sessionDetailSchema)
    .mutation(async ({ ctx, input }) => {
      const owner = await ctx.services.sessionCreation.futureOwner(ctx.asker, input.user);
      enforce(maySessions(ctx.login, "create", owner), () => sessionMissing(""), "create sessions for another person");
      return ctx.services.sessionCreation.create(ctx.asker, owner, input);
    }),
  list: procedure
    .meta({ rest: { method: "GET", path: "/sessions" } })
    .input(listSessionsInput)
    .output(listSessionsOutput)
    .query(({ ctx, input }) => ctx.services.sessions.list(ctx.login, input)),
  counts: procedure
    .meta({ rest: { method: "GET", path: "/sessions/counts" } })
    .output(sessionCountsOutput)
    .query(({ ctx }) => ctx.services.sessions.counts(ctx.login)),
  get: procedure
    .meta({ rest: { method: "GET", path: "/sessions/{id}" } })
    .input(sessionIdInput)
    .output(sessionDetailSchema)
    .query(async ({ ctx, input }) => {
      await allow(ctx, input.id, "see");
      return ctx.services.sessions.get(ctx.login, input.id);
    }),
  events: procedure
    .meta({ rest: { method: "GET", path: "/sessions/{id}/events" } })
    .input(sessionIdInput)
    .output(listSessionEventsOutput)
    .query(async ({ ctx, input }) => {
      await allow(ctx, input.id, "see");
      return ctx.services.sessions.events(input.id);
    }),
  setState: procedure
    .meta({ rest: { method: "PATCH", path: "/sessions/{id}" } })
    .input(setSessionStateInput)
    .output(sessionDetailSchema)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, actionOfState[input.state]);
      return ctx.services.sessions.setState(ctx.asker, input);
    }),
  delete: procedure
    .meta({ rest: { method: "DELETE", path: "/sessions/{id}", status: 204 } })
    .input(deleteSessionInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, "delete");
      await ctx.services.sessions.delete(ctx.asker, input);
    }),
  openViewer: procedure
    .meta({ rest: { method: "POST", path: "/sessions/{id}/viewer" } })
    .input(openViewerInput)
    .output(openViewerOutput)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, "screen");
      return ctx.services.viewerTickets.open(ctx.asker, input);
    }),
  reportFirstFrame: procedure
    .meta({ rest: { method: "POST", path: "/sessions/{id}/first-frame", status: 204 } })
    .input(reportFirstFrameInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, "screen");
      await ctx.services.sessions.reportFirstFrame(ctx.asker, input.id);
    }),
});
