import type { ViewerMode } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { z } from "zod";
import { enforce } from "../../platform/verdict";
import type { Context } from "../../trpc/context";
import { ASKS_AGENT, procedure, publicProcedure, router } from "../../trpc/init";
import { atOnce } from "../../trpc/parse-at-once";
import { actorOf } from "../audit/audit-actor";
import type { Asker, Login } from "../users/users-schema";
import { openPortInput, openPortOutput } from "./ports/ports-schema";
import { maySessions, type SessionAction } from "./sessions-policy";
import {
  abandonSessionInput,
  createSessionInput,
  deleteSessionInput,
  explainPlacementInput,
  explainPlacementOutput,
  listSessionEventsOutput,
  listSessionsInput,
  listSessionsOutput,
  openViewerInput,
  openViewerOutput,
  readLogsInput,
  readLogsOutput,
  reportFirstFrameInput,
  sessionCountsOutput,
  sessionDetailSchema,
  sessionIdInput,
  setPolicyInput,
  setSessionStateInput,
} from "./sessions-schema";
import { sessionMissing } from "./sessions-service";
import { shareMissing } from "./sharing/share-missing";
import {
  controlInput,
  createShareInput,
  createShareOutput,
  enterShareInput,
  enterShareOutput,
  guestControlInput,
  guestInput,
  guestViewOutput,
  listSharesInput,
  listSharesOutput,
  mySharesOutput,
  shareIdInput,
  viewersOutput,
} from "./sharing/shares-schema";
import { mayNow } from "./viewers/screen-control";

const actionOfState = { running: "wake", hibernated: "hibernate", terminating: "terminate", terminated: "forceTerminate" } as const;

const whatIs: Partial<Record<SessionAction, string>> = {
  screen: "open another person's screen",
  strand: "say what becomes of this session",
  share: "say who sees this screen",
  invite: "invite others to this screen",
  history: "read what happened to this session",
  logs: "read what this session prints",
};

type SignedIn = Context & { login: Login; asker: Asker };

async function allow(ctx: SignedIn, id: string, action: SessionAction): Promise<{ invited: ViewerMode | null }> {
  return allowOn(ctx, id, await ctx.services.sessions.ownership(id), action);
}

async function allowOn(
  ctx: SignedIn,
  id: string,
  session: { userId: string },
  action: SessionAction,
): Promise<{ invited: ViewerMode | null }> {
  const others = session.userId !== ctx.login.userId && ctx.login.role !== "admin";
  const invited = others ? ((await ctx.services.shares.invitationOf(ctx.login.userId, id))?.mode ?? null) : null;
  enforce(maySessions(ctx.login, action, session, invited !== null), () => sessionMissing(id), whatIs[action] ?? `${action} this session`);
  return { invited };
}

export const sessionsRouter = router({
  create: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/sessions",
        status: 202,
        summary: "Create a session",
        example: { template: "firefox-browser", name: "research", resources: { memory: "2Gi", cpu: "1" }, tags: ["demo"] },
      },
    })
    .input(createSessionInput)
    .output(sessionDetailSchema)
    .mutation(async ({ ctx, input }) => {
      const owner = await ctx.services.sessionCreation.futureOwner(ctx.asker, input.user);
      enforce(maySessions(ctx.login, "create", owner), () => sessionMissing(""), "create sessions for another person");
      return ctx.services.sessionCreation.create(ctx.asker, owner, input);
    }),
  list: procedure
    .meta({ rest: { method: "GET", path: "/sessions", summary: "List sessions", shared: true } })
    .input(listSessionsInput)
    .output(atOnce(listSessionsOutput))
    .query(({ ctx, input }) => ctx.services.sessions.list(ctx.login, input)),
  /** Changes nothing: what launching with these wishes would do. */
  explainPlacement: procedure
    .input(explainPlacementInput)
    .output(explainPlacementOutput)
    .query(async ({ ctx, input }) => {
      const owner = await ctx.services.sessionCreation.futureOwner(ctx.asker, input.user);
      enforce(maySessions(ctx.login, "create", owner), () => sessionMissing(""), "create sessions for another person");
      return ctx.services.sessionCreation.explain(owner, input);
    }),
  counts: procedure
    .meta({ rest: { method: "GET", path: "/sessions/counts", summary: "Count sessions by what they do" } })
    .output(sessionCountsOutput)
    .query(({ ctx }) => ctx.services.sessions.counts(ctx.login)),
  get: procedure
    .meta({ rest: { method: "GET", path: "/sessions/{id}", summary: "Get a session" } })
    .input(sessionIdInput)
    .output(atOnce(sessionDetailSchema))
    .query(async ({ ctx, input }) => {
      const row = await ctx.services.sessions.look(input.id);
      const { invited } = await allowOn(ctx, input.id, row, "see");
      return ctx.services.sessions.detail(row, ctx.login, invited);
    }),
  events: procedure
    .meta({ rest: { method: "GET", path: "/sessions/{id}/events", summary: "Read a session's timeline" } })
    .input(sessionIdInput)
    .output(listSessionEventsOutput)
    .query(async ({ ctx, input }) => {
      await allow(ctx, input.id, "history");
      return ctx.services.sessions.events(input.id);
    }),
  setState: procedure
    .meta({
      rest: { method: "PATCH", path: "/sessions/{id}", summary: "Hibernate, wake or end a session", example: { state: "hibernated" } },
    })
    .input(setSessionStateInput)
    .output(sessionDetailSchema)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, actionOfState[input.state]);
      return ctx.services.sessions.setState(ctx.asker, input);
    }),
  terminate: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/sessions/{id}/terminate",
        summary: "End a session, whatever it is doing; one that has ended stays so",
      },
    })
    .input(sessionIdInput)
    .output(sessionDetailSchema)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, "terminate");
      return ctx.services.sessions.terminate(ctx.asker, input.id);
    }),
  /** For a session whose agent was revoked. */
  adopt: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/sessions/{id}/adopt",
        summary: "Move a session from a revoked agent to the one in its place",
      },
    })
    .input(sessionIdInput)
    .output(sessionDetailSchema)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, "strand");
      await ctx.services.adoption.adoptStranded(ctx.asker, input.id);
      return ctx.services.sessions.get(ctx.login, input.id);
    }),
  /** For a session whose agent was revoked. */
  abandon: procedure
    .meta({
      rest: { method: "POST", path: "/sessions/{id}/abandon", summary: "End a session of a revoked agent here", example: { home: "keep" } },
    })
    .input(abandonSessionInput)
    .output(sessionDetailSchema)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, "strand");
      await ctx.services.strandedSessions.abandon(ctx.asker, input);
      return ctx.services.sessions.get(ctx.login, input.id);
    }),
  delete: procedure
    .meta({
      rest: {
        method: "DELETE",
        path: "/sessions/{id}",
        status: 204,
        summary: "End a session; one that has ended is removed with its home",
      },
    })
    .input(deleteSessionInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, "delete");
      await ctx.services.sessions.delete(ctx.asker, input);
    }),
  logs: procedure
    .meta({
      rest: { method: "GET", path: "/sessions/{id}/logs", summary: "Read what a session's container printed", refusals: ASKS_AGENT },
    })
    .input(readLogsInput)
    .output(readLogsOutput)
    .query(async ({ ctx, input }) => {
      await allow(ctx, input.id, "logs");
      if (input.follow) {
        const problem = "logs are followed by a WebSocket to this path; send an upgrade, or leave it out";
        throw new BerthError("INVALID_PARAMETER", `follow: ${problem}`, { details: { fields: { follow: problem } } });
      }
      return ctx.services.logs.read(ctx.asker, input);
    }),
  openViewer: procedure
    .meta({ rest: { method: "POST", path: "/sessions/{id}/viewer", summary: "Get a ticket for the screen", example: { mode: "view" } } })
    .input(openViewerInput)
    .output(openViewerOutput)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, "screen");
      return ctx.services.viewerTickets.open(ctx.asker, input);
    }),
  /** Another port than its display's. */
  openPort: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/sessions/{id}/ports/{port}/open",
        summary: "Get a ticket for a port",
        example: { reason: "the owner asked for help" },
      },
    })
    .input(openPortInput)
    .output(openPortOutput)
    .mutation(({ ctx, input }) => ctx.services.ports.openTicket(ctx.asker, input)),
  setPolicy: procedure
    .meta({
      rest: {
        method: "PUT",
        path: "/sessions/{id}/policy",
        summary: "Change what a screen allows",
        example: { policy: { clipboard_out: false } },
      },
    })
    .input(setPolicyInput)
    .output(sessionDetailSchema)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, "share");
      await ctx.services.sessionPolicies.change(ctx.asker, input.id, input.policy);
      return ctx.services.sessions.get(ctx.login, input.id);
    }),
  viewers: procedure
    .meta({ rest: { method: "GET", path: "/sessions/{id}/viewers", summary: "See who is at the screen" } })
    .input(sessionIdInput)
    .output(viewersOutput)
    .query(async ({ ctx, input }) => {
      await allow(ctx, input.id, "screen");
      const you = `user:${ctx.login.userId}`;
      const viewers = ctx.services.viewerRooms.viewers(input.id, you);
      return { viewers: [...viewers, ...ctx.services.appVisitors.viewers(input.id, you)], may: mayNow(viewers) };
    }),
  control: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/sessions/{id}/control",
        status: 204,
        summary: "Ask for, give, take or release control",
        example: { action: "request" },
      },
    })
    .input(controlInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, "screen");
      await ctx.services.screenControl.act(actorOf(ctx.asker), `user:${ctx.asker.userId}`, input);
    }),
  /** For who may use the screen: counts as input, where one would only look on. */
  stay: procedure
    .input(sessionIdInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      const { invited } = await allow(ctx, input.id, "screen");
      enforce(
        invited === "view" ? "refused" : "allowed",
        () => sessionMissing(input.id),
        "keep this session running; you were invited to watch",
      );
      await ctx.services.idle.stay(input.id);
    }),
  reportFirstFrame: procedure
    .meta({
      rest: { method: "POST", path: "/sessions/{id}/first-frame", status: 204, summary: "Report that the first picture was painted" },
    })
    .input(reportFirstFrameInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.id, "screen");
      await ctx.services.sessions.reportFirstFrame(ctx.asker, input.id);
    }),
});

export const sharesRouter = router({
  list: procedure
    .meta({ rest: { method: "GET", path: "/sessions/{sessionId}/shares", summary: "List a session's invitations" } })
    .input(listSharesInput)
    .output(listSharesOutput)
    .query(async ({ ctx, input }) => {
      await allow(ctx, input.sessionId, "share");
      return ctx.services.shares.list(input.sessionId);
    }),
  create: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/sessions/{sessionId}/shares",
        status: 201,
        summary: "Invite a person, or make a link",
        example: { mode: "view", label: "Support", expires_in_seconds: 3600 },
      },
    })
    .input(createShareInput)
    .output(createShareOutput)
    .mutation(async ({ ctx, input }) => {
      await allow(ctx, input.sessionId, "invite");
      return ctx.services.shares.create(ctx.asker, input);
    }),
  revoke: procedure
    .meta({ rest: { method: "DELETE", path: "/shares/{id}", status: 204, summary: "Take an invitation back" } })
    .input(shareIdInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      const sessionId = await ctx.services.shares.sessionOf(input.id);
      const session = await ctx.services.sessions.ownership(sessionId);
      enforce(maySessions(ctx.login, "share", session), shareMissing, "take back invitations to another person's screen");
      await ctx.services.shares.revoke(ctx.asker, input.id);
    }),
  mine: procedure
    .meta({ rest: { method: "GET", path: "/shares/mine", summary: "List the sessions that are shared with you" } })
    .output(mySharesOutput)
    .query(({ ctx }) => ctx.services.shares.mine(ctx.login.userId)),
  /** For anyone who has a link: its token is the credential. */
  enter: publicProcedure
    .input(enterShareInput)
    .output(enterShareOutput)
    .mutation(({ ctx, input }) => ctx.services.guests.enter(ctx.address, input)),
  guest: publicProcedure
    .input(guestInput)
    .output(guestViewOutput)
    .mutation(({ ctx, input }) => ctx.services.guests.view(input)),
  guestControl: publicProcedure
    .input(guestControlInput)
    .output(z.void())
    .mutation(({ ctx, input }) => ctx.services.guests.control(ctx.address, input)),
});
