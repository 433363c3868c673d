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
  "home.delete": "delete_home",
  "orphan.remove": "remove_orphan",
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

export const taskSchema = z.object({
  id: z.uuid(),
  kind: taskKindSchema,
  state: taskStateSchema,
  agentId: z.string(),
  session: z.object({ id: z.uuid(), name: z.string() }).nullable(),
  attempts: z.number().int(),
  progress: z.object({ percent: z.number().nullable(), message: z.string() }).nullable(),
  errorCode: errorCodeSchema.nullable(),
  errorMessage: z.string().nullable(),
  createdAt: z.date(),
  sentAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
});
export type Task = z.infer<typeof taskSchema>;

/** One by itself. Payload and result are those of `docker.…` tasks, with the values of environment variables left out; null for others. */
export const taskDetailSchema = taskSchema.extend({
  payload: z.record(z.string(), z.unknown()).nullable(),
  result: z.record(z.string(), z.unknown()).nullable(),
  /** Its end was asked for and the agent has not answered yet, or has ended it. */
  cancelAskedAt: z.date().nullable(),
});
export type TaskDetail = z.infer<typeof taskDetailSchema>;

/** The task contract's words. */
export const createTaskInput = z.strictObject({
  /** The agent, by UUID or `agent_id`. */
  id: z.string().max(63),
  taskType: dockerKindSchema,
  payload: z.record(z.string(), z.unknown()),
  /** For the image's registry. Kept encrypted until the task ends, and shown nowhere. */
  credentials: taskCredentialsSchema.optional(),
});
export const orderedTaskSchema = z.object({
  taskId: z.uuid(),
  taskType: dockerKindSchema,
  agentId: z.string(),
  state: taskStateSchema,
  payload: z.record(z.string(), z.unknown()),
  cancelAskedAt: z.date().nullable(),
  createdAt: z.date(),
});
export type OrderedTask = z.infer<typeof orderedTaskSchema>;
/** `force`: over at once, without waiting for the agent that has it. */
export const cancelTaskInput = z.strictObject({ id: z.uuid(), force: z.boolean().default(false) });

export const listTasksInput = z.strictObject({
  agentId: z.string().max(63).optional(),
  sessionId: z.uuid().optional(),
  state: taskStateSchema.optional(),
  kind: taskKindSchema.optional(),
  ...pageInput().shape,
});
export const listTasksOutput = z.object({ tasks: z.array(taskSchema), pagination: paginationSchema });
export const taskIdInput = z.strictObject({ id: z.uuid() });
