/** `POST /api/v1/agents/{id}/heartbeat`, for agents without a channel; camelCase, as its contract has it. */
import { z } from "zod";
import { resourceUsageSchema } from "./agent-messages";
import { agentCertificateSchema, csrSchema } from "./agent-registration";
import { cancelledField, handedTaskSchema } from "./agent-tasks";

export const heartbeatRequestSchema = z.strictObject({
  status: z.enum(["healthy", "degraded"]).default("healthy"),
  /** Why it is degraded. */
  statusReason: z.string().max(500).optional(),
  resourceUsage: resourceUsageSchema.optional(),
  capabilities: z.array(z.string().max(50)).max(50).optional(),
  runningTasks: z.number().int().min(0).optional(),
  /** When it was sent, by the agent's clock (ISO 8601): how far that is off is shown. */
  timestamp: z.string().max(40).optional(),
  /** Asks for a new certificate, of this key, whatever is left of the old one. */
  csr: csrSchema.optional(),
});

/** `POST /api/nodes/{nodeId}/ready` and `/heartbeat`: what a node says of itself, of the node contract. */
export const nodeCallbackSchema = heartbeatRequestSchema.omit({ csr: true });
export const nodeCallbackReplySchema = z.object({ acknowledged: z.literal(true) });

export const heartbeatReplySchema = z.object({
  /** Work that waits: what is in here is this agent's from now on. */
  tasks: z.array(handedTaskSchema),
  ...cancelledField,
  /** Within the last hour of the certificate, or where a CSR asked for it; without a CSR for the same key. */
  certificateRenewal: agentCertificateSchema.optional(),
});
