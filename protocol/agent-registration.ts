/** `POST /api/v1/agents/register`: how a host becomes an agent. camelCase, as its contract has it. */
import { z } from "zod";
import { agentNameSchema } from "./agent-messages";
import { platformSchema } from "./session-states";

/** PKCS #10, PEM: P-256, Ed25519, or RSA of 2048 bits and more. */
export const csrSchema = z.string().min(1).max(16_384);

export const registrationRequestSchema = z.strictObject({
  name: agentNameSchema,
  version: z.string().max(50),
  capabilities: z.array(z.string().max(50)).max(50).default([]),
  labels: z.record(z.string().max(100), z.string().max(200)).default({}),
  platform: platformSchema.default("docker"),
  region: z.string().max(100).optional(),
  /** Without one the control plane makes the key, and returns it once. */
  csr: csrSchema.optional(),
});
export type RegistrationRequest = z.input<typeof registrationRequestSchema>;

export const agentCertificateSchema = z.object({
  /** PEM: the agent's own, then what it was issued by. */
  cert: z.string(),
  /** PEM, PKCS #8: only where the control plane made it. */
  key: z.string().optional(),
  /** PEM: every root that the control plane may show, in place of those known before. */
  ca: z.string(),
  expiresAt: z.iso.datetime(),
});
export type AgentCertificate = z.infer<typeof agentCertificateSchema>;

export const registrationReplySchema = z.object({
  /** The agent's UUID. Its `agent_id` on the channel is the name it registered with. */
  agentId: z.uuid(),
  /** With a proof by the enrolled key, and with no other, it fetches the first certificate, for a week. */
  token: z.string(),
  config: z.object({
    /** Seconds. */
    heartbeatInterval: z.number().int(),
    taskPollInterval: z.number().int(),
    logLevel: z.string(),
  }),
  /** Null: an administrator has to approve the agent's key first. */
  certificate: agentCertificateSchema.nullable(),
});
export type RegistrationReply = z.infer<typeof registrationReplySchema>;

/** `POST /api/v1/agents/{id}/certificate`. Without a CSR: for the key that the agent has. */
export const certificateRequestSchema = z.strictObject({ csr: csrSchema.optional() });
/** Null: the agent waits for approval; ask again later. */
export const certificateReplySchema = z.object({ certificate: agentCertificateSchema.nullable() });
export type CertificateReply = z.infer<typeof certificateReplySchema>;
