/** `POST /api/v1/agents/register`: how a host becomes an agent. camelCase, as its contract has it. */
import { z } from "zod";
import { agentNameSchema } from "./agent-messages";
import { platformSchema } from "./session-states";

export const registrationRequestSchema = z.object({
  name: agentNameSchema,
  version: z.string().max(50),
  capabilities: z.array(z.string().max(50)).max(50).default([]),
  labels: z.record(z.string().max(100), z.string().max(200)).default({}),
  platform: platformSchema.default("docker"),
  region: z.string().max(100).optional(),
});
export type RegistrationRequest = z.input<typeof registrationRequestSchema>;

export const registrationReplySchema = z.object({
  /** The agent's UUID. Its `agent_id` on the channel is the name it registered with. */
  agentId: z.uuid(),
  /** The agent's credential: `Authorization: Bearer` on the channel and on tunnels. Returned once. */
  token: z.string(),
  config: z.object({
    /** Seconds. */
    heartbeatInterval: z.number().int(),
    taskPollInterval: z.number().int(),
    logLevel: z.string(),
  }),
});
export type RegistrationReply = z.infer<typeof registrationReplySchema>;
