import { heartbeatReplySchema, heartbeatRequestSchema, nodeCallbackReplySchema, nodeCallbackSchema } from "@berth/protocol/agent-heartbeat";
import { certificateReplySchema, certificateRequestSchema } from "@berth/protocol/agent-registration";
import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { HttpCall, HttpHandler } from "../http/calls";
import type { AgentsInbox } from "../modules/agents/agents-inbox";
import type { IdentityService } from "../modules/identity/identity-service";
import type { TaskHandOut } from "../modules/tasks/task-hand-out-service";
import type { Clock } from "../platform/clock";
import { validationError } from "../platform/errors";
import type { RateLimiter } from "../platform/rate-limiter";
import { type ShownCredential, shownCredential } from "../platform/shown-credential";
import { parseJsonBody, readBody } from "./read-body";
import { countAloud } from "./rest-limits";

export interface AgentEndpointOptions {
  readonly identity: Pick<IdentityService, "authenticateAs" | "certificate" | "heard">;
  readonly inbox: Pick<AgentsInbox, "beat">;
  readonly handOut: Pick<TaskHandOut, "answer" | "toEnd">;
  readonly count: AgentCount;
}

/** Of one agent, at all of these; by what its path says. */
export interface AgentCount {
  readonly limiter: RateLimiter;
  readonly clock: Clock;
}

/** `POST /api/v1/agents/{id}/certificate`: a first, a renewed or a late certificate. `{id}` is the agent's UUID, or its `agent_id` once it has a certificate. */
export const agentCertificateEndpoint = ({ identity, count }: AgentEndpointOptions): HttpHandler =>
  agentEndpoint(count, certificateRequestSchema, async (agentRef, { csr }, shown) =>
    certificateReplySchema.parse({ certificate: await identity.certificate({ agentRef, csr, shown }) }),
  );

/** `POST /api/v1/agents/{id}/heartbeat`. `{id}` is the agent's UUID or its `agent_id`. */
export const agentHeartbeatEndpoint = ({ identity, inbox, handOut, count }: AgentEndpointOptions): HttpHandler =>
  agentEndpoint(count, heartbeatRequestSchema, async (agentRef, body, shown) => {
    const { agent, renewal } = await identity.heard({ agentRef, csr: body.csr, shown });
    await inbox.beat(agent, body);
    const tasks = await handOut.answer(agent.agentId, "heartbeat");
    return heartbeatReplySchema.parse({
      tasks,
      ...(await handOut.toEnd(agent.agentId)),
      ...(renewal ? { certificateRenewal: renewal } : {}),
    });
  });

/**
 * `POST /api/nodes/{id}/ready` and `/heartbeat`: the node contract's callbacks. Both are signs of life, by the same rule as any heartbeat;
 * tasks and certificates are asked for elsewhere.
 */
export const nodeCallbackEndpoint = ({ identity, inbox, count }: AgentEndpointOptions): HttpHandler =>
  agentEndpoint(count, nodeCallbackSchema, async (agentRef, body, shown) => {
    await inbox.beat(await identity.authenticateAs(agentRef, shown), body);
    return nodeCallbackReplySchema.parse({ acknowledged: true });
  });

/** The body is read before anyone is believed: a proof is of it too. */
function agentEndpoint<Schema extends z.ZodType>(
  count: AgentCount,
  schema: Schema,
  answer: (agentRef: string, body: z.output<Schema>, shown: ShownCredential) => Promise<unknown>,
): HttpHandler {
  return async (call) => {
    const { agentRef, shown, readBodyAs } = await askAgent(call, count, "POST");
    answerAgent(call.response, await answer(agentRef, readBodyAs(schema), shown));
  };
}

export interface AgentAsks {
  /** The path's `{id}`. */
  readonly agentRef: string;
  readonly shown: ShownCredential;
  /** Throws VALIDATION_FAILED. */
  readBodyAs<Schema extends z.ZodType>(schema: Schema): z.output<Schema>;
}

/** A request of an agent's: counted, its body read, and nobody believed yet. */
export async function askAgent(
  { request, response, params, address }: HttpCall,
  { limiter, clock }: AgentCount,
  method: "GET" | "POST",
): Promise<AgentAsks> {
  if (request.method !== method) {
    response.setHeader("Allow", method);
    throw new BerthError("METHOD_NOT_ALLOWED", `Only ${method} is served here`);
  }
  const agentRef = params.id ?? "";
  await countAloud(limiter, `${agentRef} ${address}`, response, clock);
  const bytes = await readBody(request);
  return {
    agentRef,
    shown: shownCredential(request, bytes),
    readBodyAs(schema) {
      const body = schema.safeParse(parseJsonBody(request, bytes) ?? {});
      if (!body.success) throw validationError(body.error);
      return body.data;
    },
  };
}

export function answerAgent(response: HttpCall["response"], body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(200, {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Length": Buffer.byteLength(text),
  });
  response.end(text);
}
