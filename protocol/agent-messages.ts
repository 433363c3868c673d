/**
 * Every message on the agent channel (`/agent/ws`), grouped by direction. The contract's messages keep its fields; unknown fields pass,
 * unknown types are refused by name (`error` message, connection stays). Bump `PROTOCOL_VERSION` when an agent gains an ability that
 * the control plane must know of, and write down what it was.
 */
import { z } from "zod";
import { HEALTH_TOLD_TOGETHER, toldHealthSchema } from "./session-health";
import { portTermsSchema } from "./session-ports";
import { agentStatusSchema, observedStateSchema, platformSchema } from "./session-states";
import { LOG_TAIL_ALL, logStreamSchema } from "./tunnel";

/**
 * 1: register, heartbeat, commands, inventory, tunnels (2026-11-22).
 * 2: `viewer_update`, and `policy` in `vnc_proxy_request` (2026-11-22). Told by the capability `VIEWER_UPDATE`.
 * 3: `thumbnail_request` (2026-11-22). Told by the capability `THUMBNAILS`.
 * 4: `logs_request` (2026-11-22). Told by the capability `LOGS`.
 * 5: the command `resize_session` (2026-11-22). Told by the capability `RESIZE`.
 * 6: the commands `docker_…` (2026-11-22). Told by the capability `DOCKER_TASKS`.
 * 7: `generation`, `timeout_seconds` and `offered` in `command`, `generation` in what is said of it, `command_log` (2026-11-22). Told by the capability `TASK_RUNS`.
 * 8: `api_request` (2026-11-22). Told by the capability `AGENT_API`.
 * 9: what is done inside sessions beyond that: probes, watched folders, logs that outlive their container, copies of homes (2026-11-22).
 *    Each is told by a capability of its own.
 */
export const PROTOCOL_VERSION = 9;
/** The capability of an agent that enforces a viewer's policy and changes what an open viewer may do. */
export const VIEWER_UPDATE = "viewer_update";
/** The capability of an agent that takes small pictures of displays. */
export const THUMBNAILS = "thumbnails";
/** The capability of an agent that reads what a session's container printed. */
export const LOGS = "logs";
/** What sessions printed outlives their containers for a while, and is read by `since` and `stream`. */
export const KEPT_LOGS = "kept_logs";
/** Of so many sessions at once; of others the next inventory tells, once these were forgotten. */
export const MAX_KEPT_LOGS_TOLD = 2_000;
/** The capability of an agent that gives a running session other limits. */
export const RESIZE = "resize";
/** The capability of an agent that carries out `docker.…` tasks: the task contract's word for it. */
export const DOCKER_TASKS = "docker";
/** The capability of an agent that tells the runs of a task apart, and begins nothing that it was only offered. */
export const TASK_RUNS = "task_runs";
/** The capability of an agent that serves its own HTTP API over tunnels (see `agent-api.ts`). */
export const AGENT_API = "agent_api";
/** The capability of an agent whose API has files (see `session-files.ts`). */
export const FILES = "files";
/** The capability of an agent whose API has terminals and single programs (see `terminal.ts`). */
export const TERMINALS = "terminals";
/** One message; `ws` closes with 1009 beyond it. An inventory of 2,000 sessions takes 500 KB. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
/** An `agent_id`: what an operator types and sees. UUIDs and words that are routes are refused at registration. */
export const agentNameSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "must be 1 to 63 lower-case letters, digits and dashes");

const agentId = z.string().min(1).max(63);
/** Which run of a `docker_…` command is meant, as the command said; without it, whichever goes on. */
const generation = z.number().int().min(1).optional();
const timestamp = z.string().max(40);

export const capacitySchema = z.object({
  /** Cores. */
  max_cpu: z.number().min(0).optional(),
  /** GiB. */
  max_memory: z.number().min(0).optional(),
  max_sessions: z.number().int().min(0).optional(),
  current_sessions: z.number().int().min(0).optional(),
});
/** Percent of the host's CPU, memory and disk. */
export const resourceUsageSchema = z.object({ cpu: z.number(), memory: z.number(), disk: z.number().optional() });
export type ResourceUsage = z.infer<typeof resourceUsageSchema>;

export const registerSchema = z.object({
  type: z.literal("register"),
  agent_id: agentId,
  platform: platformSchema,
  region: z.string().max(100).optional(),
  capacity: capacitySchema,
  metadata: z.record(z.string(), z.unknown()).default({}),
  version: z.string().max(50).optional(),
  capabilities: z.array(z.string().max(50)).max(50).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  protocol_version: z.number().int().optional(),
});

export const heartbeatSchema = z.object({
  type: z.literal("heartbeat"),
  agent_id: agentId,
  timestamp,
  capacity: capacitySchema.default({}),
  resource_usage: resourceUsageSchema.optional(),
  status: agentStatusSchema.extract(["online", "degraded"]).optional(),
  /** Why it is degraded, in words: "engine does not answer since 10:45". */
  status_reason: z.string().max(500).optional(),
});

export const commandAckSchema = z.object({
  type: z.literal("command_ack"),
  command_id: z.string().max(100),
  agent_id: agentId,
  status: z.literal("acknowledged"),
  generation,
});

export const commandResultSchema = z.object({
  type: z.literal("command_result"),
  command_id: z.string().max(100),
  agent_id: agentId,
  status: z.enum(["completed", "failed"]),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.string().max(4000).optional(),
  error_code: z.string().max(100).optional(),
  generation,
});

/** What there is to say of a command beside its progress; the control plane keeps the first 2,000 lines. */
export const commandLogSchema = z.object({
  type: z.literal("command_log"),
  command_id: z.string().max(100),
  agent_id: agentId,
  generation,
  lines: z
    .array(z.object({ timestamp, level: z.enum(["debug", "info", "warn", "error"]), message: z.string().max(8192) }))
    .min(1)
    .max(100),
});

export const commandProgressSchema = z.object({
  type: z.literal("command_progress"),
  command_id: z.string().max(100),
  agent_id: agentId,
  /** A step of the session's timeline, once each: `image_pulled`, `container_created`, `container_started`, `display_ready`. */
  step: z.string().max(50).optional(),
  /** Percent, where it can be known. */
  progress: z.number().min(0).max(100).optional(),
  message: z.string().max(500),
  timestamp,
  generation,
});

/** What an agent saw of one session, whenever it changes by itself, and for each session of an inventory. */
export const observationSchema = z.object({
  session_id: z.string().max(100),
  generation: z.number().int().min(0),
  observed: observedStateSchema,
  container_id: z.string().max(128).nullish(),
  pod_name: z.string().max(253).nullish(),
  pod_ip: z.string().max(64).nullish(),
  /** Why, in words for the user: "exit code 137 (out of memory)". */
  reason: z.string().max(1000).nullish(),
  error_code: z.string().max(100).nullish(),
  timestamp,
});
export type Observation = z.infer<typeof observationSchema>;

export const sessionObservedSchema = observationSchema.extend({ type: z.literal("session_observed"), agent_id: agentId });

/** Everything of ours that the engine holds; sent after `register_ack`, on `inventory_request` and every five minutes. What isn't in it doesn't exist. */
export const inventorySchema = z.object({
  type: z.literal("inventory"),
  agent_id: agentId,
  timestamp,
  sessions: z.array(observationSchema.extend({ name: z.string().max(253).optional(), image: z.string().max(512).optional() })).max(5000),
  /** `measured_at`: sizes are counted rarely, so they may be older than the inventory. */
  homes: z
    .array(z.object({ volume: z.string().max(200), size_bytes: z.number().int().min(0).nullish(), measured_at: timestamp.nullish() }))
    .max(20_000),
  /** Volumes of snapshots that are whole; an agent that makes none leaves it out. */
  snapshots: z.array(z.string().max(200)).max(20_000).optional(),
  /** Sessions of whose ended containers it keeps what they printed; an agent without `KEPT_LOGS` leaves it out. */
  kept_logs: z.array(z.string().max(100)).max(MAX_KEPT_LOGS_TOLD).optional(),
});

/** Real input of viewers, coalesced to one message every 15 seconds. */
export const sessionActivitySchema = z.object({
  type: z.literal("session_activity"),
  agent_id: agentId,
  sessions: z.array(z.object({ session_id: z.string().max(100), last_input_at: timestamp })).max(5000),
});

/** How sessions answer their probes: those whose health or answers changed, and all that are known after a reconnect. */
export const sessionHealthSchema = z.object({
  type: z.literal("session_health"),
  agent_id: agentId,
  sessions: z.array(toldHealthSchema).min(1).max(HEALTH_TOLD_TOGETHER),
});

/** Either side: what it could not take, by name. The connection stays open. */
export const channelErrorSchema = z.object({
  type: z.literal("error"),
  code: z.string().max(100),
  message: z.string().max(1000),
  command_id: z.string().max(100).optional(),
});

export const fromAgentSchema = z.discriminatedUnion("type", [
  registerSchema,
  heartbeatSchema,
  commandAckSchema,
  commandResultSchema,
  commandProgressSchema,
  commandLogSchema,
  sessionObservedSchema,
  inventorySchema,
  sessionActivitySchema,
  sessionHealthSchema,
  channelErrorSchema,
]);
export type FromAgent = z.infer<typeof fromAgentSchema>;
export type FromAgentOf<T extends FromAgent["type"]> = Extract<FromAgent, { type: T }>;

export const registerAckSchema = z.object({
  type: z.literal("register_ack"),
  agent_id: agentId,
  status: z.literal("registered"),
  /** `"10s"`. */
  heartbeat_interval: z.string().regex(/^\d+s$/),
});

export const commandSchema = z.object({
  type: z.literal("command"),
  command_id: z.string().max(100),
  /** Kept as text here so that a newer command is refused with `COMMAND_UNSUPPORTED` and a result, not as a broken frame; see `commandTypeSchema`. */
  command_type: z.string().max(100),
  session_id: z.string().max(100).nullish(),
  data: z.record(z.string(), z.unknown()),
  /** Of `docker_…` commands: which run it is. One id in another run is done again. */
  generation,
  /** From its arrival; then the agent ends it as `TASK_TIMED_OUT`. */
  timeout_seconds: z.number().int().min(1).optional(),
  /**
   * It is to be acknowledged and not begun: once the acknowledgement was taken the same command comes without this. Where none is taken it
   * goes to another agent, so that an answer that is lost never has it done twice. Sent to agents with the capability `TASK_RUNS` alone.
   */
  offered: z.literal(true).optional(),
});

export const commandCancelSchema = z.object({ type: z.literal("command_cancel"), command_id: z.string().max(100), generation });

/** `control` may type; `view` has its input dropped in the agent. */
export const viewerModeSchema = z.enum(["control", "view"]);
export type ViewerMode = z.infer<typeof viewerModeSchema>;

/**
 * What a viewer may exchange with the desktop besides pictures and input. Absent, as from a control plane that knows no policies, it is
 * all allowed: there is nobody then whose rule could be broken. The other way round fails closed: a control plane never opens a
 * restricted screen on an agent without the capability `VIEWER_UPDATE`.
 */
export const viewerPolicySchema = z.object({ clipboard_in: z.boolean().default(true), clipboard_out: z.boolean().default(true) });
export type ViewerPolicy = z.infer<typeof viewerPolicySchema>;

/** Asks for a display tunnel: the agent dials `/agent/tunnel/{proxy_id}` with `tunnel_secret`. */
export const vncProxyRequestSchema = z.object({
  type: z.literal("vnc_proxy_request"),
  session_id: z.string().max(100),
  proxy_id: z.string().max(100),
  data: z.object({
    pod_name: z.string(),
    namespace: z.string(),
    vnc_port: z.number().int(),
    /** Ours always sends both; a frame of the contract's own, which has neither, decodes to no secret and the lesser right. */
    tunnel_secret: z.string().default(""),
    mode: viewerModeSchema.default("view"),
    policy: viewerPolicySchema.optional(),
  }),
});

/** What an open viewer may do from now on: the whole of it, so that one that comes twice changes nothing. Unknown viewers are overlooked. */
export const viewerUpdateSchema = z.object({
  type: z.literal("viewer_update"),
  session_id: z.string().max(100),
  proxy_id: z.string().max(100),
  mode: viewerModeSchema,
  policy: viewerPolicySchema,
});

/** Asks for a tunnel that carries raw bytes to one port of one session's container. */
export const tunnelRequestSchema = z.object({
  type: z.literal("tunnel_request"),
  tunnel_id: z.string().max(100),
  tunnel_secret: z.string(),
  purpose: z.literal("port"),
  session_id: z.string().max(100),
  port: z.number().int().min(1).max(65_535),
});

/**
 * Asks for a tunnel that carries one small picture of a session's display (see `tunnel.ts`), and for the picture. A request that names no
 * policy is refused: one that does not say that pictures are allowed does not allow them.
 */
export const thumbnailRequestSchema = z.object({
  type: z.literal("thumbnail_request"),
  tunnel_id: z.string().max(100),
  tunnel_secret: z.string(),
  session_id: z.string().max(100),
  policy: z.object({ thumbnails: z.boolean().default(false) }).prefault({}),
});

/** Asks for a tunnel that carries what a session's container printed, oldest line first (see `tunnel.ts`). `follow`: and what it will print. */
export const logsRequestSchema = z.object({
  type: z.literal("logs_request"),
  tunnel_id: z.string().max(100),
  tunnel_secret: z.string(),
  session_id: z.string().max(100),
  tail: z.number().int().min(0).max(LOG_TAIL_ALL),
  follow: z.boolean(),
  /** Nothing that was printed before this moment. With `KEPT_LOGS`, as `stream`. */
  since: z.iso.datetime().optional(),
  /** This one alone. */
  stream: logStreamSchema.optional(),
});

/** Forget what was kept of a session's log: the session was deleted. With `KEPT_LOGS`. */
export const logsForgetSchema = z.object({ type: z.literal("logs_forget"), session_id: z.string().max(100) });

/** Asks for a tunnel on which the agent serves its HTTP API, for this session alone (see `agent-api.ts`). */
export const apiRequestSchema = z.object({
  type: z.literal("api_request"),
  tunnel_id: z.string().max(100),
  tunnel_secret: z.string(),
  session_id: z.string().max(100),
  /** What may be done by this tunnel that the session's policy says: connections to ports are for those that were asked for with this alone. */
  policy: portTermsSchema.optional(),
});

/** The same for the node's own API, of no session (see `node-api.ts`): of agents with the capability `NODE_API`. */
export const nodeApiRequestSchema = z.object({
  type: z.literal("node_api_request"),
  tunnel_id: z.string().max(100),
  tunnel_secret: z.string(),
});

export const inventoryRequestSchema = z.object({ type: z.literal("inventory_request") });

export const toAgentSchema = z.discriminatedUnion("type", [
  registerAckSchema,
  commandSchema,
  commandCancelSchema,
  vncProxyRequestSchema,
  viewerUpdateSchema,
  tunnelRequestSchema,
  thumbnailRequestSchema,
  logsRequestSchema,
  logsForgetSchema,
  apiRequestSchema,
  nodeApiRequestSchema,
  inventoryRequestSchema,
  channelErrorSchema,
]);
export type ToAgent = z.infer<typeof toAgentSchema>;
export type ToAgentOf<T extends ToAgent["type"]> = Extract<ToAgent, { type: T }>;
