import { viewerModeSchema } from "@berth/protocol/agent-messages";
import { errorCodeSchema } from "@berth/protocol/errors";
import { placementStrategySchema } from "@berth/protocol/placement-strategy";
import { cpuQuantitySchema, idleTimeoutSchema, memoryQuantitySchema } from "@berth/protocol/quantities";
import { accessParametersSchema } from "@berth/protocol/session-files";
import { sessionPolicyChangeSchema, sessionPolicySchema } from "@berth/protocol/session-policy";
import { hibernateModeSchema, platformSchema, sessionPhaseSchema, sessionStateSchema } from "@berth/protocol/session-states";
import { MAX_TAGS, SESSION_NAME, SESSION_NAME_WORDS, TAG, TAG_WORDS } from "@berth/protocol/session-text";
import { LOG_TAIL_MAX, logStreamSchema } from "@berth/protocol/tunnel";
import { z } from "zod";
import { pageInput, paginationSchema } from "../../platform/paging";
import { sessionEnvironmentSchema } from "./environment/environment-schema";
import { healthWords } from "./health/health-words";
import { agentCapabilitiesSchema, agentLabelsSchema } from "./placement/placement-schema";

export const tagSchema = z.string().regex(TAG, TAG_WORDS);

/** Why an agent was, or was not, chosen: one line for each agent that was looked at. */
export const placementSchema = z.object({
  chosen: z.string().nullable(),
  considered: z.array(z.object({ agent: z.string(), chosen: z.boolean(), reason: z.string() })),
  /** How many more were looked at, in a fleet too large to keep them all. */
  omitted: z.number().int().default(0),
});
export type Placement = z.infer<typeof placementSchema>;

/** The words of a session's timeline. The steps of a start have their durations shown between them. */
export const sessionEventKindSchema = z.enum([
  "requested",
  "queued",
  "placed",
  "claimed",
  "resized",
  "resize_failed",
  "home_copied",
  "command_sent",
  "image_pulling",
  "image_pulled",
  "container_created",
  "container_started",
  "display_ready",
  "running",
  "viewer_opened",
  "viewer_closed",
  "viewer_failed",
  "policy_changed",
  "first_frame",
  "hibernate_requested",
  "hibernated",
  "wake_requested",
  "terminate_requested",
  "force_terminated",
  "terminated",
  "failed",
  "container_lost",
  "agent_lost",
  "agent_returned",
  "agent_revoked",
  "adopted",
  "idle_hibernated",
  "unhealthy",
  "healthy_again",
  "health_restarted",
  "logs_read",
  "files_opened",
  "terminal_opened",
  "terminal_closed",
  "port_opened",
  "config_reloaded",
  "config_reload_failed",
  "environment_changed",
  "update_requested",
  "version_replaced",
  "version_updated",
  "version_rolled_back",
  "update_failed",
  "update_cancelled",
]);
export type SessionEventKind = z.infer<typeof sessionEventKindSchema>;

export const sessionSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  namespace: z.string(),
  user: z.string(),
  template: z.string(),
  templateDisplayName: z.string(),
  templateVersion: z.number().int(),
  icon: z.string().nullable(),
  platform: platformSchema,
  agentId: z.string().nullable(),
  state: sessionStateSchema,
  resources: z.object({ memory: z.string(), cpu: z.string() }),
  persistentHome: z.boolean(),
  homeId: z.uuid().nullable(),
  idleTimeout: z.string(),
  tags: z.array(z.string()),
  display: z.object({ protocol: z.enum(["rfb", "http"]) }),
  security: z.enum(["strict", "compatible"]),
  hibernateMode: hibernateModeSchema,
  hibernateModes: z.array(hibernateModeSchema),
  status: z.object({
    phase: sessionPhaseSchema,
    message: z.string(),
    /** Why it failed; null otherwise. */
    code: errorCodeSchema.nullable(),
    podIp: z.string().nullable(),
    podName: z.string().nullable(),
    containerId: z.string().nullable(),
    vncUrl: z.string().nullable(),
    startedAt: z.date().nullable(),
    /** Percent and words of the task under way. */
    progress: z.object({ percent: z.number().nullable(), message: z.string() }).nullable(),
    /** Its place among all sessions that wait for room, from 1; null: it doesn't wait. */
    queue: z.object({ position: z.number().int(), of: z.number().int() }).nullable(),
  }),
  /** Its phase's, and while it runs what its probes say. */
  health: z.object({ status: z.enum(healthWords), reason: z.string().nullable(), since: z.date().nullable() }),
  createdAt: z.date(),
  updatedAt: z.date(),
  lastActivityAt: z.date().nullable(),
  /** The contract's name for it. */
  lastActivity: z.date().nullable(),
  /** The asking person may have a small picture of its screen now: `/session-thumbnails/{id}`. */
  thumbnail: z.boolean(),
});
export type Session = z.infer<typeof sessionSchema>;

export const sessionDetailSchema = sessionSchema.extend({
  placement: placementSchema.nullable(),
  /** What its template opens of it. */
  accessParameters: accessParametersSchema,
  instructionsDir: z.string().nullable(),
  supportsHotReload: z.boolean(),
  /** What can be done inside it: `file.read`, `file.write`, `restart`, `hot-reload`. */
  agentCapabilities: z.array(z.string()),
  /** What the platform calls it: free form. */
  platformMetadata: z.record(z.string(), z.string().nullable()),
  policy: sessionPolicySchema,
  /** What the template allows. */
  policyCeiling: sessionPolicySchema,
  /** When it is hibernated if nobody uses it any more; null: it does not run, or never. */
  idleAt: z.date().nullable(),
  /** It hibernates because nobody used it for its `idleTimeout`. */
  wentIdle: z.boolean(),
  /** Its agent was revoked: `agent` is its UUID, `adopter` the name of the agent that the session can go to, where there is one by now. Null for all others. */
  stranded: z.object({ agent: z.uuid(), adopter: z.string().nullable() }).nullable(),
  /** The mode that the asking person is invited with; null: they aren't. */
  invited: viewerModeSchema.nullable(),
  /** What the asking user may do now; the UI shows nothing else. */
  may: z.object({
    view: z.boolean(),
    control: z.boolean(),
    /** Invite others. */
    share: z.boolean(),
    hibernate: z.boolean(),
    wake: z.boolean(),
    terminate: z.boolean(),
    forceTerminate: z.boolean(),
    delete: z.boolean(),
    logs: z.boolean(),
    /** See the names of its variables, and change them. */
    environment: z.boolean(),
    changeEnvironment: z.boolean(),
    files: z.boolean(),
    /** Open terminals, while it runs; another's asks for a reason. */
    terminal: z.boolean(),
    /** Open its ports, while it runs; another's asks for a reason. */
    ports: z.boolean(),
  }),
});
export type SessionDetail = z.infer<typeof sessionDetailSchema>;

export const sessionEventSchema = z.object({
  id: z.string(),
  at: z.date(),
  kind: sessionEventKindSchema,
  message: z.string(),
  actor: z.string().nullable(),
});

export const createSessionInput = z.strictObject({
  /** Whose session it is; default the asking user. Only admins may name another. */
  user: z.string().max(63).optional(),
  template: z.string().max(63),
  /** Default: made from user and template. */
  name: z.string().regex(SESSION_NAME, SESSION_NAME_WORDS).optional(),
  platform: platformSchema.optional(),
  /** Only agents of this region. */
  region: z.string().min(1).max(100).optional(),
  agentId: z.string().max(63).optional(),
  /** Only agents that have all of these labels, beside those that the template demands. */
  agentLabels: agentLabelsSchema.optional(),
  /** Only agents that have all of these capabilities, beside those that the template demands. */
  agentCapabilities: agentCapabilitiesSchema.optional(),
  /** Default: the template's, else as the control plane is configured. */
  strategy: placementStrategySchema.optional(),
  /** Where no agent has room now, wait for it instead of being refused. */
  queue: z.boolean().default(false),
  state: z.enum(["running", "hibernated"]).default("running"),
  resources: z.strictObject({ memory: memoryQuantitySchema.optional(), cpu: cpuQuantitySchema.optional() }).optional(),
  persistentHome: z.boolean().optional(),
  /** An existing home of the user's; it decides the agent. */
  homeId: z.uuid().optional(),
  /** A snapshot of the user's: the session's home begins as its copy, and it decides the agent. */
  snapshotId: z.uuid().optional(),
  idleTimeout: idleTimeoutSchema.optional(),
  hibernateMode: hibernateModeSchema.optional(),
  environment: sessionEnvironmentSchema.optional(),
  tags: z.array(tagSchema).max(MAX_TAGS).default([]),
  /** Tighter than the template's; only an administrator makes it looser. */
  policy: sessionPolicyChangeSchema.optional(),
});
export type CreateSessionInput = z.infer<typeof createSessionInput>;

/** What decides where a session goes. */
export const explainPlacementInput = createSessionInput.pick({
  user: true,
  template: true,
  platform: true,
  region: true,
  agentId: true,
  agentLabels: true,
  agentCapabilities: true,
  strategy: true,
  homeId: true,
  snapshotId: true,
  resources: true,
});
/** Where a session would go if it were launched now, and why. Nothing is reserved by asking. */
export const explainPlacementOutput = z.object({
  /** `chosen` is null where no agent can take it; `problem` says why then. */
  placement: placementSchema,
  problem: z.object({ code: errorCodeSchema, message: z.string() }).nullable(),
  /** With `queue` it would not be refused but wait. */
  mayWait: z.boolean(),
  /** How many sessions wait for room already. */
  waiting: z.number().int(),
  /** What can be asked for: of the agents that are there. */
  regions: z.array(z.string()),
  platforms: z.array(platformSchema),
});

export const listSessionsInput = z.strictObject({
  user: z.string().max(63).optional(),
  /** Those to whose screens the asking person is invited now, instead of their own. */
  shared: z.boolean().optional(),
  template: z.string().max(63).optional(),
  platform: platformSchema.optional(),
  agentId: z.string().max(63).optional(),
  state: sessionStateSchema.optional(),
  /** All that are not terminated. */
  live: z.boolean().optional(),
  tags: z.array(z.string().max(50)).max(20).optional(),
  /** Those that run and whose probes say so. */
  health: z.enum(["healthy", "unhealthy", "starting"]).optional(),
  search: z.string().max(100).optional(),
  sort: z.enum(["createdAt", "updatedAt", "name", "user", "state"]).default("createdAt"),
  order: z.enum(["asc", "desc"]).default("desc"),
  ...pageInput().shape,
});
export const listSessionsOutput = z.object({ sessions: z.array(sessionSchema), pagination: paginationSchema });

export const sessionIdInput = z.strictObject({ id: z.uuid() });

/** The contract's PATCH: `terminated` is force, for admins. Waits up to 10 s for the phase to arrive. */
export const setSessionStateInput = z.strictObject({
  id: z.uuid(),
  state: z.enum(["running", "hibernated", "terminating", "terminated"]),
  mode: hibernateModeSchema.optional(),
});

/** Terminates; a session that is already terminated is removed with its home. */
export const deleteSessionInput = z.strictObject({ id: z.uuid(), force: z.boolean().default(false) });

/** For a session whose agent was revoked: ends it here, and asks nobody. `home`: whether the row of its home stays, for when that host is added again. */
export const abandonSessionInput = z.strictObject({ id: z.uuid(), home: z.enum(["keep", "remove"]).default("keep") });

/** Holds at once, for open viewers too. What isn't named stays as it is. */
export const setPolicyInput = z.strictObject({ id: z.uuid(), policy: sessionPolicyChangeSchema });

export const openViewerInput = z.strictObject({
  id: z.uuid(),
  mode: viewerModeSchema.default("control"),
  /** Asked of an admin who opens another's screen; audited and shown to the owner. */
  reason: z.string().min(3).max(500).optional(),
});
export const openViewerOutput = z.object({
  protocol: z.enum(["rfb", "http"]),
  /** `rfb`: path of the WebSocket with its ticket. `http`: absolute URL to open in a new tab. Good once, for 30 seconds. */
  url: z.string(),
  mode: viewerModeSchema,
  expiresAt: z.date(),
});

/** Told by the viewer in the browser when the first frame is painted; once a session start. */
export const reportFirstFrameInput = z.strictObject({ id: z.uuid() });

export const sessionCountsOutput = z.object({
  byPhase: z.record(sessionPhaseSchema, z.number().int()),
  running: z.number().int(),
  hibernated: z.number().int(),
  pending: z.number().int(),
  failed: z.number().int(),
  unreachable: z.number().int(),
});
export const listSessionEventsOutput = z.object({ events: z.array(sessionEventSchema) });

const logTail = z.number().int().min(0).max(LOG_TAIL_MAX).default(100);
/** Nothing that was printed before this moment. */
const logSince = z.iso.datetime({ offset: true }).optional();
/** This one alone, and what is told of containers that ended. */
const logStream = logStreamSchema.optional();
const logTimestamps = z.boolean().default(true);
/** `follow` is for a WebSocket at the same path, see `followLogsInput`. */
export const readLogsInput = z.strictObject({
  id: z.uuid(),
  tail: logTail,
  timestamps: logTimestamps,
  since: logSince,
  stream: logStream,
  follow: z.boolean().default(false),
});
/** Oldest first. With `timestamps` a line begins with its moment (ISO 8601, milliseconds) and a space. */
export const readLogsOutput = z.object({ logs: z.array(z.string()) });
/** The query of the WebSocket `/api/v1/sessions/{id}/logs`, where a line is a text message. */
export const followLogsInput = z.strictObject({
  tail: logTail,
  timestamps: logTimestamps,
  since: logSince,
  stream: logStream,
  /** `json`: a message is `{at, stream, text}`; `stream` is null where the agent does not say. */
  format: z.enum(["text", "json"]).default("text"),
});
/** The query of `/api/v1/sessions/{id}/logs/stream` and `/v1/agents/{id}/logs/stream`: server-sent events, or with `text` a file. */
export const streamLogsInput = z.strictObject({
  tail: z.number().int().min(0).max(LOG_TAIL_MAX).optional(),
  timestamps: logTimestamps,
  since: logSince,
  stream: logStream,
  follow: z.boolean().optional(),
  format: z.enum(["events", "text"]).default("events"),
});
