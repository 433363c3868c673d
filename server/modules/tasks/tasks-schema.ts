import {
  LABEL_NAME,
  LABEL_NAME_WORDS,
  MAX_CAPABILITIES,
  MAX_CAPABILITY,
  MAX_LABEL_VALUE,
  MAX_LABELS,
} from "@berth/protocol/agent-wish-text";
import { dockerKindSchema, taskCredentialsSchema } from "@berth/protocol/docker-tasks";
import { errorCodeSchema } from "@berth/protocol/errors";
import { z } from "zod";
import { pageInput, paginationSchema } from "../../platform/paging";

/** What can be asked of an agent, and the channel's `command_type` for it. */
export const commandTypeOfKind = {
  "session.start": "start_session",
  "session.hibernate": "hibernate_session",
  "session.wake": "wake_session",
  "session.stop": "stop_session",
  "session.resize": "resize_session",
  "session.pull": "pull_image",
  "home.delete": "delete_home",
  "orphan.remove": "remove_orphan",
  "snapshot.create": "create_snapshot",
  "snapshot.delete": "delete_snapshot",
  "docker.pull": "docker_pull",
  "docker.run": "docker_run",
  "docker.stop": "docker_stop",
  "docker.remove": "docker_remove",
  "docker.logs": "docker_logs",
  "docker.prune": "docker_prune",
} as const;
export type TaskKind = keyof typeof commandTypeOfKind;
export const taskKindSchema = z.enum(Object.keys(commandTypeOfKind) as [TaskKind, ...TaskKind[]]);

export const taskStateSchema = z.enum(["queued", "sent", "acknowledged", "completed", "failed", "cancelled"]);
export type TaskState = z.infer<typeof taskStateSchema>;

/** How a task came to its agent. */
export const taskWaySchema = z.enum(["channel", "stream", "heartbeat", "poll"]);
export type TaskWay = z.infer<typeof taskWaySchema>;

/** Which agents may do a task: all of these labels, and all of these capabilities. */
export const taskSelectorSchema = z.strictObject({
  labels: z
    .record(z.string().regex(LABEL_NAME, LABEL_NAME_WORDS), z.string().max(MAX_LABEL_VALUE))
    .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `must be at most ${MAX_LABELS} labels`)
    .default({}),
  capabilities: z.array(z.string().min(1).max(MAX_CAPABILITY)).max(MAX_CAPABILITIES).default([]),
});
export type TaskSelector = z.output<typeof taskSelectorSchema>;

export const taskSchema = z.object({
  id: z.uuid(),
  kind: taskKindSchema,
  state: taskStateSchema,
  /** Null: it is for whichever agent fits, and no agent has it. */
  agentId: z.string().nullable(),
  session: z.object({ id: z.uuid(), name: z.string() }).nullable(),
  /** The container or image that an order of an administrator's is about. */
  subject: z.string().nullable(),
  /** -100 to 100: the higher, the sooner. */
  priority: z.number().int(),
  /** How often it was handed out, in all its runs. */
  attempts: z.number().int(),
  progress: z.object({ percent: z.number().nullable(), message: z.string() }).nullable(),
  errorCode: errorCodeSchema.nullable(),
  errorMessage: z.string().nullable(),
  createdAt: z.date(),
  sentAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
});
export type Task = z.infer<typeof taskSchema>;

/** What stands of a task beside what is listed. */
const orderFields = {
  /** What its agent must have; null where the agent was named. */
  selector: taskSelectorSchema.nullable(),
  /** From handing out to the end of a run; null: no end is set. */
  timeoutSeconds: z.number().int().nullable(),
  /** Not handed out before. */
  notBefore: z.date().nullable(),
  /** How often it is tried again by itself after a failure that may pass, and how often it was. */
  retries: z.number().int(),
  retried: z.number().int(),
  idempotencyKey: z.string().nullable(),
  /** Its end was asked for and the agent has not answered yet, or has ended it. */
  cancelAskedAt: z.date().nullable(),
};

/** One by itself. Payload and result are those of `docker.…` tasks, with the values of environment variables left out; null for others. */
export const taskDetailSchema = taskSchema.extend({
  payload: z.record(z.string(), z.unknown()).nullable(),
  result: z.record(z.string(), z.unknown()).nullable(),
  ...orderFields,
  /** Which run of a `docker.…` task it is, from 1; of a session's task, the session's generation. */
  generation: z.number().int().nullable(),
  deliveredBy: taskWaySchema.nullable(),
  /** Handed out on trial: another agent may get it while its acknowledgement is out. */
  offered: z.boolean(),
  /** When this run ends for want of time. */
  deadlineAt: z.date().nullable(),
  acknowledgedAt: z.date().nullable(),
  /** Lines that its log has; `tasks.logs` has them. */
  logLines: z.number().int(),
});
export type TaskDetail = z.infer<typeof taskDetailSchema>;

/** The task contract's words, and ours. */
const orderInput = {
  taskType: dockerKindSchema,
  payload: z.record(z.string(), z.unknown()),
  /** For the image's registry. Kept encrypted until the task ends, and shown nowhere. */
  credentials: taskCredentialsSchema.optional(),
  /** The higher, the sooner. */
  priority: z.number().int().min(-100).max(100).default(0),
  /** Seconds; default 300, of `docker.pull` 3600. */
  timeout: z.number().int().min(1).max(86_400).optional(),
  /** Not handed out before this moment. */
  notBefore: z.iso.datetime({ offset: true }).optional(),
  /** How often it is tried again by itself after a failure that may pass. */
  retries: z.number().int().min(0).max(10).default(0),
  /** Asked again with the same key and the same wishes, the same task is the answer. */
  idempotencyKey: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, "must be 1 to 200 printable characters without spaces")
    .optional(),
};
/** `id`: the agent, by UUID or `agent_id`. */
export const createTaskInput = z.strictObject({ id: z.string().max(63), ...orderInput });
/** For an agent that is online, takes work and has all that `selector` says. */
export const createTaskForAnyInput = z.strictObject({ selector: taskSelectorSchema, ...orderInput });
export type OrderInput = Omit<z.output<typeof createTaskInput>, "id">;
/** New credentials where the task needs some: those it had are gone. */
export const retryTaskInput = z.strictObject({ id: z.uuid(), credentials: taskCredentialsSchema.optional() });

export const orderedTaskSchema = z.object({
  taskId: z.uuid(),
  taskType: dockerKindSchema,
  agentId: z.string().nullable(),
  state: taskStateSchema,
  priority: z.number().int(),
  payload: z.record(z.string(), z.unknown()),
  ...orderFields,
  /** Which run it is in, from 1. */
  generation: z.number().int(),
  createdAt: z.date(),
});
export type OrderedTask = z.infer<typeof orderedTaskSchema>;
/** `force`: over at once, without waiting for the agent that has it. */
export const cancelTaskInput = z.strictObject({ id: z.uuid(), force: z.boolean().default(false) });

export const taskLogLevelSchema = z.enum(["debug", "info", "warn", "error"]);
export const taskLogLineSchema = z.object({
  /** From 1, without gaps. */
  number: z.number().int(),
  at: z.date(),
  level: taskLogLevelSchema,
  message: z.string(),
});
export type TaskLogLine = z.infer<typeof taskLogLineSchema>;
/** Lines after a number: to follow a log, ask again with the last one's. */
export const taskLogsInput = z.strictObject({
  id: z.uuid(),
  after: z.number().int().min(0).default(0),
  limit: z.number().int().min(1).max(2100).default(500),
});
export const taskLogsOutput = z.object({ lines: z.array(taskLogLineSchema) });

export const listTasksInput = z.strictObject({
  agentId: z.string().max(63).optional(),
  sessionId: z.uuid().optional(),
  state: taskStateSchema.optional(),
  kind: taskKindSchema.optional(),
  sort: z.enum(["createdAt", "priority"]).default("createdAt"),
  order: z.enum(["asc", "desc"]).default("desc"),
  ...pageInput().shape,
});
export const listTasksOutput = z.object({ tasks: z.array(taskSchema), pagination: paginationSchema });
export const taskIdInput = z.strictObject({ id: z.uuid() });
