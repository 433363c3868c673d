import { agentNameSchema, resourceUsageSchema } from "@berth/protocol/agent-messages";
import { agentStatusSchema, observedStateSchema, platformSchema, sessionStateSchema } from "@berth/protocol/session-states";
import { z } from "zod";
import { pageInput, paginationSchema } from "../../platform/paging";

export const agentSchema = z.object({
  id: z.uuid(),
  agentId: z.string(),
  name: z.string(),
  platform: platformSchema,
  region: z.string().nullable(),
  version: z.string(),
  status: agentStatusSchema,
  /** Since when and why, where the status is not `online`. */
  statusSince: z.date().nullable(),
  statusReason: z.string().nullable(),
  capacity: z.object({
    maxCpu: z.number().nullable(),
    maxMemory: z.number().nullable(),
    maxSessions: z.number().nullable(),
    currentSessions: z.number().int(),
    /** Reserved by the sessions placed here that are meant to run: cores and GiB. */
    reservedCpu: z.number(),
    reservedMemory: z.number(),
  }),
  /** It may do nothing until an administrator has approved its key. */
  awaitsApproval: z.boolean(),
  /** When its access was taken back; what is left to show of it stays. Null for those that may come in. */
  revokedAt: z.date().nullable(),
  /** Of the drain that goes on: when it began, and with how many sessions. Null while the agent takes sessions. */
  drain: z.object({ startedAt: z.date(), sessions: z.number().int() }).nullable(),
  capabilities: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  metadata: z.record(z.string(), z.unknown()),
  resourceUsage: resourceUsageSchema.nullable(),
  websocketConnId: z.string().nullable(),
  connectedAt: z.date().nullable(),
  lastHeartbeat: z.date().nullable(),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type Agent = z.infer<typeof agentSchema>;

export const orphanSchema = z.object({
  containerId: z.string(),
  sessionId: z.string(),
  generation: z.number().int(),
  name: z.string().nullable(),
  image: z.string().nullable(),
  observed: observedStateSchema,
  firstSeenAt: z.date(),
  /** A session row with this id exists and is terminated or is placed elsewhere; only then can it be adopted again. */
  adoptable: z.boolean(),
});

export const agentDetailSchema = agentSchema.extend({
  uptimeSeconds: z.number().int().nullable(),
  identity: z.object({
    /** SHA-256 (hex) of its public key; null for one that has a secret from before there were keys. */
    keyFingerprint: z.string().nullable(),
    /** Its newest certificate; null where it was given none yet. */
    certificate: z.object({ serial: z.string(), expiresAt: z.date() }).nullable(),
    /** How far its clock is ahead of the control plane's; null where it was not heard yet. */
    clockSkewMs: z.number().int().nullable(),
  }),
  /** Where its own HTTP API is called directly; null: through the tunnels that it dials. */
  nodeApiUrl: z.string().nullable(),
  sessions: z.array(z.object({ id: z.uuid(), name: z.string(), user: z.string(), template: z.string(), state: sessionStateSchema })),
  orphans: z.array(orphanSchema),
});
export type AgentDetail = z.infer<typeof agentDetailSchema>;

/** An agent's UUID, or its `agent_id`. */
export const agentRefSchema = z.string().min(1).max(63);
export const agentRefInput = z.strictObject({ id: agentRefSchema });

/** `keyFingerprint`: of the key that was looked at. Another one is not approved by mistake. */
export const approveAgentInput = z.strictObject({ id: agentRefSchema, keyFingerprint: z.string().regex(/^[0-9a-f]{64}$/) });

export const listAgentsInput = z.strictObject({
  platform: platformSchema.optional(),
  status: agentStatusSchema.optional(),
  region: z.string().max(100).optional(),
  capability: z.string().max(50).optional(),
  /** True: those that were revoked and that something still refers to, instead of the others. */
  revoked: z.boolean().default(false),
  /** Part of its `agent_id` or its region. */
  search: z.string().max(100).optional(),
  sort: z.enum(["name", "region", "lastHeartbeat"]).default("name"),
  order: z.enum(["asc", "desc"]).default("asc"),
  ...pageInput().shape,
});
export const listAgentsOutput = z.object({ agents: z.array(agentSchema), pagination: paginationSchema });

/** Given to the agent beside what it says of itself, in place of what was given before; over a label of the same name. */
export const updateAgentInput = z.strictObject({
  id: agentRefSchema,
  labels: z
    .record(z.string().min(1).max(100), z.string().max(200))
    .refine((labels) => Object.keys(labels).length <= 100, "at most 100 labels")
    .optional(),
  capabilities: z.array(z.string().min(1).max(50)).max(50).optional(),
  /** An administrator's word: where the agent's own HTTP API is called directly. Null: through the tunnels that it dials. */
  nodeApiUrl: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .max(500)
    .refine((url) => !/[?#@]/.test(url), "must have no query, no fragment and no password")
    .nullable()
    .optional(),
});

/** What an agent's own log of its node has, newest first. */
export const agentNodeEventsInput = z.strictObject({
  id: agentRefSchema,
  limit: z.coerce.number().int().min(1).max(200).default(20),
  cursor: z.string().max(50).optional(),
});
export const agentNodeEventsOutput = z.object({
  events: z.array(
    z.object({
      id: z.string(),
      /** Null where it can't be read. */
      at: z.date().nullable(),
      level: z.enum(["info", "warn", "error"]),
      type: z.string(),
      message: z.string(),
      workspaceId: z.string().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

/** `sessions`: what a drain does with those that run; `hibernate` asks each of them for it, `finish` leaves them to their people. */
export const setAgentStatusInput = z.strictObject({
  id: agentRefSchema,
  status: z.enum(["online", "draining"]),
  sessions: z.enum(["finish", "hibernate"]).default("finish"),
});

export const agentUsageInput = z.strictObject({
  id: agentRefSchema,
  /** How far back. Of more than six hours there is one sample for every four minutes. */
  hours: z.union([z.literal(1), z.literal(6), z.literal(24)]).default(24),
});
export const agentUsageOutput = z.object({
  from: z.date(),
  to: z.date(),
  stepSeconds: z.number().int(),
  /** Oldest first; none for a time in which nothing was heard. Percent of the host, and how many sessions held room on it. */
  samples: z.array(
    z.object({ at: z.date(), cpu: z.number(), memory: z.number(), disk: z.number().nullable(), sessions: z.number().int() }),
  ),
});

export const agentStatsOutput = z.object({
  totalAgents: z.number().int(),
  onlineAgents: z.number().int(),
  offlineAgents: z.number().int(),
  drainingAgents: z.number().int(),
  degradedAgents: z.number().int(),
  byPlatform: z.record(platformSchema, z.number().int()),
  totalCapacity: z.object({ maxSessions: z.number().int(), currentSessions: z.number().int() }),
  utilization: z.object({ percentage: z.number(), sessionsAvailable: z.number().int() }),
});

export const createRegistrationTokenInput = z.strictObject({
  agentName: agentNameSchema.optional(),
  /** Given to its agent beside what it says of itself; over a label of the same name. */
  labels: z.record(z.string().min(1).max(100), z.string().max(200)).default({}),
  capabilities: z.array(z.string().min(1).max(50)).max(50).default([]),
  /** Its agent may do nothing until an administrator has approved its key. */
  approval: z.boolean().default(false),
});
export const registrationTokenSchema = z.object({
  id: z.uuid(),
  agentName: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  capabilities: z.array(z.string()),
  approval: z.boolean(),
  createdAt: z.date(),
  expiresAt: z.date(),
  usedAt: z.date().nullable(),
  /** `agent_id` of the agent that used it. */
  usedBy: z.string().nullable(),
  revokedAt: z.date().nullable(),
});
/** The token itself and the command to paste, shown once. */
export const createdRegistrationTokenSchema = registrationTokenSchema.extend({ token: z.string(), command: z.string() });

export const orphanInput = z.strictObject({ id: agentRefSchema, containerId: z.string().max(128) });
export const listRegistrationTokensInput = z.strictObject({ ...pageInput(100).shape }).prefault({});
export const listRegistrationTokensOutput = z.object({ tokens: z.array(registrationTokenSchema), pagination: paginationSchema });
export const registrationTokenIdInput = z.strictObject({ id: z.uuid() });
