import { certificateReplySchema, certificateRequestSchema } from "@berth/protocol/agent-registration";
import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { HttpCall, HttpHandler } from "../http/calls";
import type { IdentityService } from "../modules/identity/identity-service";
import { validationError } from "../platform/errors";
import type { RateLimiter } from "../platform/rate-limiter";
import { type ShownCredential, shownCredential } from "../platform/shown-credential";
import { parseJsonBody, readBody } from "./read-body";

export interface AgentEndpointOptions {
  readonly identity: Pick<IdentityService, "certificate">;
  /** Of one agent, at all of these; by the UUID in the path. */
  readonly limit: RateLimiter;
}

/** `POST /api/v1/agents/{id}/certificate`: a first, a renewed or a late certificate. `{id}` is the agent's UUID. */
export const agentCertificateEndpoint = ({ identity, limit }: AgentEndpointOptions): HttpHandler =>
  agentEndpoint(limit, certificateRequestSchema, async (agentId, { csr }, shown) =>
    certificateReplySchema.parse({ certificate: await identity.certificate({ agentId, csr, shown }) }),
  );

/** The body is read before anyone is believed: a proof is of it too. */
function agentEndpoint<Schema extends z.ZodType>(
  limit: RateLimiter,
  schema: Schema,
  answer: (agentId: string, body: z.output<Schema>, shown: ShownCredential) => Promise<unknown>,
): HttpHandler {
  return async ({ request, response, params, address }: HttpCall) => {
    if (request.method !== "POST") {
      response.setHeader("Allow", "POST");
      throw new BerthError("METHOD_NOT_ALLOWED", "Only POST is served here");
    }
    const agentId = params.id ?? "";
    await limit.take(`${agentId} ${address}`);
    const bytes = await readBody(request);
    const body = schema.safeParse(parseJsonBody(request, bytes) ?? {});
    if (!body.success) throw validationError(body.error);
    const text = JSON.stringify(await answer(agentId, body.data, shownCredential(request, bytes)));
    response.writeHead(200, {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "no-store",
      "Content-Length": Buffer.byteLength(text),
    });
    response.end(text);
  };
}
