import { registrationReplySchema, registrationRequestSchema } from "@berth/protocol/agent-registration";
import { z } from "zod";
import { enforce } from "../../platform/verdict";
import { ASKS_AGENT, procedure, publicProcedure, router } from "../../trpc/init";
import { atOnce } from "../../trpc/parse-at-once";
import type { Actor } from "../users/users-policy";
import { agentMissing } from "./agent-missing";
import { type AgentAction, mayAgents } from "./agents-policy";
import {
  agentDetailSchema,
  agentNodeEventsInput,
  agentNodeEventsOutput,
  agentRefInput,
  agentSchema,
  agentStatsOutput,
  agentUsageInput,
  agentUsageOutput,
  approveAgentInput,
  createdRegistrationTokenSchema,
  createRegistrationTokenInput,
  listAgentsInput,
  listAgentsOutput,
  listRegistrationTokensInput,
  listRegistrationTokensOutput,
  orphanInput,
  registrationTokenIdInput,
  setAgentStatusInput,
  updateAgentInput,
} from "./agents-schema";

const allow = (actor: Actor, action: AgentAction, id = "") =>
  enforce(mayAgents(actor, action), () => agentMissing(id), "see or change agents");

export const agentsRouter = router({
  /** Its credential is the one-time token, so nobody is signed in here. */
  register: publicProcedure
    .meta({
      rest: {
        method: "POST",
        path: "/agents/register",
        status: 201,
        keys: "camel",
        summary: "Enrol an agent with a one-time token",
        credential: "registration token",
      },
    })
    .input(registrationRequestSchema)
    .output(registrationReplySchema)
    .mutation(({ ctx, input }) =>
      ctx.services.registrationTokens.register({
        token: ctx.agentToken ?? null,
        address: ctx.address,
        inPlain: ctx.inPlain ?? false,
        request: input,
      }),
    ),
  list: procedure
    .meta({ rest: { method: "GET", path: "/agents", summary: "List agents", shared: true } })
    .input(listAgentsInput)
    .output(atOnce(listAgentsOutput))
    .query(({ ctx, input }) => {
      allow(ctx.login, "see");
      return ctx.services.agents.list(input);
    }),
  stats: procedure
    .meta({ rest: { method: "GET", path: "/agents/stats", summary: "Count agents and their capacity" } })
    .output(atOnce(agentStatsOutput))
    .query(({ ctx }) => {
      allow(ctx.login, "see");
      return ctx.services.agents.stats();
    }),
  get: procedure
    .meta({ rest: { method: "GET", path: "/agents/{id}", summary: "Get an agent with its sessions" } })
    .input(agentRefInput)
    .output(agentDetailSchema)
    .query(({ ctx, input }) => {
      allow(ctx.login, "see", input.id);
      return ctx.services.agents.get(input.id);
    }),
  setStatus: procedure
    .meta({ rest: { method: "PATCH", path: "/agents/{id}", summary: "Drain an agent, or take it back", example: { status: "draining" } } })
    .input(setAgentStatusInput)
    .output(agentSchema)
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "drain", input.id);
      const agent = await ctx.services.agents.setStatus(ctx.asker, input);
      if (input.status === "draining" && input.sessions === "hibernate") await ctx.services.sessions.hibernateAllOn(ctx.asker, agent.id);
      return agent;
    }),
  update: procedure
    .meta({
      rest: {
        method: "PUT",
        path: "/agents/{id}",
        summary: "Change the labels and capabilities that an agent is given",
        example: { labels: { datacenter: "us-west-2" }, capabilities: ["docker", "compose", "ssh"] },
      },
    })
    .input(updateAgentInput)
    .output(agentDetailSchema)
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "label", input.id);
      if (input.nodeApiUrl !== undefined) allow(ctx.login, "address", input.id);
      await ctx.services.agentLabels.change(ctx.asker, input);
      return ctx.services.agents.get(input.id);
    }),
  nodeEvents: procedure
    .meta({
      rest: {
        method: "GET",
        path: "/agents/{id}/events",
        keys: "camel",
        summary: "List what an agent's own log of its node has",
        refusals: ASKS_AGENT,
      },
    })
    .input(agentNodeEventsInput)
    .output(agentNodeEventsOutput)
    .query(({ ctx, input }) => {
      allow(ctx.login, "see", input.id);
      return ctx.services.agentNode.events(input);
    }),
  approve: procedure
    .input(approveAgentInput)
    .output(agentDetailSchema)
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "approve", input.id);
      await ctx.services.agents.approve(ctx.asker, input);
      return ctx.services.agents.get(input.id);
    }),
  usage: procedure
    .input(agentUsageInput)
    .output(agentUsageOutput)
    .query(({ ctx, input }) => {
      allow(ctx.login, "see", input.id);
      return ctx.services.agentUsage.of(input);
    }),
  /** Without conditions: what the agent holds is left to be adopted or removed. */
  remove: procedure
    .meta({ rest: { method: "DELETE", path: "/agents/{id}", summary: "Revoke an agent" } })
    .input(agentRefInput)
    .output(z.object({ deleted: z.literal(true) }))
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "remove", input.id);
      await ctx.services.agentRevocation.revoke(ctx.asker, input.id);
      return { deleted: true } as const;
    }),
  adoptOrphan: procedure
    .meta({
      rest: { method: "POST", path: "/agents/{id}/orphans/{containerId}/adopt", summary: "Make a session of a container that has none" },
    })
    .input(orphanInput)
    .output(agentDetailSchema)
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "orphans", input.id);
      await ctx.services.adoption.adopt(ctx.asker, input);
      return ctx.services.agents.get(input.id);
    }),
  removeOrphan: procedure
    .meta({
      rest: {
        method: "DELETE",
        path: "/agents/{id}/orphans/{containerId}",
        status: 202,
        summary: "Remove a container that has no session",
      },
    })
    .input(orphanInput)
    .output(agentDetailSchema)
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "orphans", input.id);
      await ctx.services.agents.removeOrphan(ctx.asker, input);
      return ctx.services.agents.get(input.id);
    }),
});

export const registrationTokensRouter = router({
  list: procedure
    .meta({ rest: { method: "GET", path: "/registration-tokens", summary: "List registration tokens" } })
    .input(listRegistrationTokensInput)
    .output(listRegistrationTokensOutput)
    .query(({ ctx, input }) => {
      allow(ctx.login, "enrol");
      return ctx.services.registrationTokens.list(input);
    }),
  create: procedure
    .meta({ rest: { method: "POST", path: "/registration-tokens", status: 201, summary: "Make a token for a new agent" } })
    .input(createRegistrationTokenInput)
    .output(createdRegistrationTokenSchema)
    .mutation(({ ctx, input }) => {
      allow(ctx.login, "enrol");
      return ctx.services.registrationTokens.create(ctx.asker, input);
    }),
  revoke: procedure
    .meta({ rest: { method: "DELETE", path: "/registration-tokens/{id}", status: 204, summary: "Revoke a registration token" } })
    .input(registrationTokenIdInput)
    .output(z.void())
    .mutation(async ({ ctx, input }) => {
      allow(ctx.login, "enrol");
      await ctx.services.registrationTokens.revoke(ctx.asker, input.id);
    }),
});
