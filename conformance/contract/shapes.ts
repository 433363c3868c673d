/** What the contracts write down, field for field: from their text, so that nobody's own schemas are held against themselves. */
import { z } from "zod";

const time = z.iso.datetime({ offset: true });
const pem = (what: string) => z.string().startsWith(`-----BEGIN ${what}`);

/** Every refusal. */
export const errorShape = z.object({
  error: z.string().min(1),
  message: z.string().min(1),
  code: z.string().regex(/^[A-Z_]+$/),
  timestamp: time,
  request_id: z.string().min(1),
});

export const certificateShape = z.object({
  cert: pem("CERTIFICATE"),
  key: pem("PRIVATE KEY").optional(),
  ca: pem("CERTIFICATE"),
  expiresAt: time,
});

export const registrationShape = z.object({
  agentId: z.uuid(),
  token: z.string().min(1),
  config: z.object({ heartbeatInterval: z.number().int().min(1), taskPollInterval: z.number().int().min(1), logLevel: z.string() }),
  /** Null is ours: the agent has to be approved first. */
  certificate: certificateShape.nullable(),
});

export const certificateAnswerShape = z.object({ certificate: certificateShape.nullable() });

export const deliveredTaskShape = z.object({
  taskId: z.uuid(),
  taskType: z.string(),
  payload: z.record(z.string(), z.unknown()),
  timeout: z.number().int().min(1),
  credentials: z.record(z.string(), z.string()).optional(),
});

export const heartbeatAnswerShape = z.object({
  tasks: z.array(z.looseObject({ taskId: z.uuid(), taskType: z.string() })),
  certificateRenewal: z.object({ cert: pem("CERTIFICATE"), expiresAt: time }).optional(),
});

export const pollAnswerShape = z.object({
  tasks: z.array(z.looseObject({ taskId: z.uuid(), taskType: z.string(), priority: z.number(), createdAt: time })),
});

export const taskAssignedShape = z.object({
  type: z.literal("task_assigned"),
  task: z.looseObject({ taskId: z.uuid(), taskType: z.string() }),
});

const capacity = z.object({
  max_cpu: z.number().nullish(),
  max_memory: z.number().nullish(),
  max_sessions: z.number().nullish(),
  current_sessions: z.number().int(),
});

/** An agent as both contracts list it. */
export const listedAgentShape = z.object({
  id: z.uuid(),
  agent_id: z.string(),
  platform: z.enum(["kubernetes", "docker"]),
  region: z.string().nullable(),
  status: z.enum(["online", "offline", "draining", "degraded"]),
  capacity,
  metadata: z.record(z.string(), z.unknown()),
  websocket_conn_id: z.string().nullable(),
  last_heartbeat: time.nullable(),
  created_at: time,
  updated_at: time,
  name: z.string(),
  version: z.string(),
  capabilities: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  resource_usage: z.object({ cpu: z.number(), memory: z.number(), disk: z.number().optional() }).nullable(),
});

export const agentListShape = z.object({
  agents: z.array(listedAgentShape),
  pagination: z.object({
    page: z.number().int(),
    limit: z.number().int(),
    total: z.number().int(),
    total_pages: z.number().int(),
  }),
});

export const agentDetailShape = listedAgentShape.extend({
  uptime_seconds: z.number().int().nullable(),
  sessions: z.array(z.object({ id: z.uuid(), name: z.string(), user: z.string(), template: z.string(), state: z.string() })),
});

export const agentStatsShape = z.object({
  total_agents: z.number().int(),
  online_agents: z.number().int(),
  offline_agents: z.number().int(),
  draining_agents: z.number().int(),
  by_platform: z.record(z.string(), z.number().int()),
  total_capacity: z.object({ max_sessions: z.number().int(), current_sessions: z.number().int() }),
  utilization: z.object({ percentage: z.number(), sessions_available: z.number().int() }),
});

export const sessionShape = z.object({
  id: z.uuid(),
  name: z.string(),
  user: z.string(),
  template: z.string(),
  agent_id: z.string().nullable(),
  state: z.enum(["pending", "running", "hibernated", "terminating", "terminated"]),
  status: z.object({
    phase: z.string(),
    message: z.string(),
    pod_ip: z.string().nullish(),
    pod_name: z.string().nullish(),
    vnc_url: z.string().nullish(),
  }),
});
export type SessionAnswer = z.infer<typeof sessionShape>;

/** `error` on the channel, by either side: what could not be taken. */
export const channelErrorShape = z.object({ type: z.literal("error"), code: z.string(), message: z.string().min(1) });

export const registerAckShape = z.object({
  type: z.literal("register_ack"),
  agent_id: z.string(),
  status: z.literal("registered"),
  heartbeat_interval: z.string().regex(/^\d+s$/),
});

const named = { name: z.string().min(1), namespace: z.string().min(1) };
const command = { type: z.literal("command"), command_id: z.string().min(1), session_id: z.uuid() };

export const startCommandShape = z.object({
  ...command,
  command_type: z.enum(["start_session", "wake_session"]),
  data: z.object({
    ...named,
    user: z.string(),
    template: z.string(),
    image: z.string(),
    resources: z.object({ memory: z.string(), cpu: z.string() }),
    vnc: z.object({ port: z.number().int() }),
    persistent_home: z.boolean(),
    environment: z.record(z.string(), z.string()),
  }),
});
export const hibernateCommandShape = z.object({ ...command, command_type: z.literal("hibernate_session"), data: z.object(named) });
export const wakeCommandShape = z.object({ ...command, command_type: z.literal("wake_session"), data: z.object(named) });
export const stopCommandShape = z.object({
  ...command,
  command_type: z.literal("stop_session"),
  data: z.object({ ...named, graceful: z.boolean(), timeout: z.string().regex(/^\d+s$/) }),
});

export const vncProxyRequestShape = z.object({
  type: z.literal("vnc_proxy_request"),
  session_id: z.uuid(),
  proxy_id: z.string().min(1),
  data: z.object({
    pod_name: z.string(),
    namespace: z.string(),
    vnc_port: z.number().int(),
    /** Ours: without it a tunnel can't be told from a stranger's. */
    tunnel_secret: z.string().min(16),
  }),
});

/** What an agent says. */
export const registrationRequestShape = z.object({
  name: z.string().min(1).max(63),
  version: z.string().min(1),
  capabilities: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  csr: pem("CERTIFICATE REQUEST").optional(),
});
export const registerShape = z.object({
  type: z.literal("register"),
  agent_id: z.string(),
  platform: z.enum(["kubernetes", "docker"]),
  region: z.string().optional(),
  capacity: capacity.partial(),
  metadata: z.record(z.string(), z.unknown()),
});
export const channelHeartbeatShape = z.object({
  type: z.literal("heartbeat"),
  agent_id: z.string(),
  timestamp: time,
  capacity: z.object({ current_sessions: z.number().int().min(0) }),
});
export const commandAckShape = z.object({
  type: z.literal("command_ack"),
  command_id: z.string(),
  agent_id: z.string(),
  status: z.literal("acknowledged"),
});
const result = { type: z.literal("command_result"), command_id: z.string(), agent_id: z.string() };
export const startedResultShape = z.object({
  ...result,
  status: z.literal("completed"),
  result: z.object({
    session_id: z.uuid(),
    pod_ip: z.string().nullable(),
    pod_name: z.string().min(1),
    vnc_port: z.number().int().nullable(),
    started_at: time,
  }),
});
export const completedResultShape = z.object({ ...result, status: z.literal("completed") });
export const failedResultShape = z.object({
  ...result,
  status: z.literal("failed"),
  error: z.string().min(1),
  error_code: z.string().regex(/^[A-Z_]+$/),
});

/** How an agent with the capability `session_health` tells what its sessions answer. */
export const sessionHealthShape = z.looseObject({
  type: z.literal("session_health"),
  agent_id: z.string().min(1),
  sessions: z
    .array(
      z.looseObject({
        session_id: z.string().min(1),
        generation: z.number().int(),
        health: z.enum(["starting", "healthy", "unhealthy"]),
        reason: z.string().nullable(),
        since: time,
        probes: z.array(z.looseObject({ probe: z.string(), ok: z.boolean(), message: z.string() })),
      }),
    )
    .min(1)
    .max(200),
});

/** Of an agent with the capability `snapshots`, at the end of `create_snapshot`. */
export const snapshotMadeShape = z.looseObject({
  status: z.literal("completed"),
  result: z.looseObject({ size_bytes: z.number().int().min(0), image_bytes: z.number().nullable(), consistent: z.boolean() }),
});

/** What an agent with the capability `session_versions` answers `pull_image` with. */
export const imagePulledShape = z.looseObject({
  status: z.literal("completed"),
  result: z.looseObject({ image_id: z.string().min(1) }),
});

export const listenersAnswerShape = z.object({
  listeners: z.array(z.looseObject({ port: z.number().int(), reach: z.enum(["network", "loopback"]), process: z.string().nullable() })),
});

export const watchLineShape = z.looseObject({
  changes: z.array(z.looseObject({ path: z.string(), action: z.enum(["created", "modified", "deleted"]) })),
  more: z.number().int(),
  cut: z.boolean(),
});
