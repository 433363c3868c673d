/**
 * Tasks for agents without a channel: in the reply to a heartbeat, by the poll `GET /api/v1/agents/{id}/tasks`, and by the WebSocket
 * `/api/v1/agents/{id}/task-stream`. camelCase, as their contract has it. None of the three knows an acknowledgement: what was handed out is
 * that agent's, and comes again after a while if nothing was heard of it. A `taskId` (of the same `generation`) that comes again is not to
 * be done again.
 */
import { z } from "zod";
import { taskCredentialsSchema } from "./docker-tasks";

export const pollPath = (agentId: string): string => `/api/v1/agents/${agentId}/tasks`;
export const completePath = (agentId: string, taskId: string): string => `/api/v1/agents/${agentId}/tasks/${taskId}/complete`;
export const taskStreamPath = (agentId: string): string => `/api/v1/agents/${agentId}/task-stream`;

export const handedTaskSchema = z.object({
  taskId: z.uuid(),
  taskType: z.string(),
  payload: z.record(z.string(), z.unknown()),
  /** Where the task has any: they leave once in each run. */
  credentials: taskCredentialsSchema.optional(),
  /** Seconds from now; none for tasks of sessions. */
  timeout: z.number().int().optional(),
  /** Which run it is. A task that failed may come again under its id, as another run. */
  generation: z.number().int().optional(),
});
export type HandedTask = z.infer<typeof handedTaskSchema>;

export const polledTaskSchema = handedTaskSchema.extend({ priority: z.number().int(), createdAt: z.iso.datetime() });
/** A task that the agent was handed and is to end; said in each answer until the agent has said what became of it. */
export const cancelledTaskSchema = z.object({ taskId: z.uuid(), generation: z.number().int().optional() });
export type CancelledTask = z.infer<typeof cancelledTaskSchema>;
/** Left out where there is none. */
export const cancelledField = { cancelled: z.array(cancelledTaskSchema).optional() };

export const pollReplySchema = z.object({ tasks: z.array(polledTaskSchema), ...cancelledField });
export type PolledTask = z.infer<typeof polledTaskSchema>;

const level = z.enum(["debug", "info", "warn", "error"]);
const taskId = z.string().max(100);
const generation = z.number().int().min(1).optional();

/** Which run was done, where the agent says it; without it, the one that goes on. */
export const completeRequestSchema = z.strictObject({
  success: z.boolean(),
  result: z.record(z.string(), z.unknown()).optional(),
  /** Why it failed, in words, and a code of the catalogue. */
  error: z.string().max(4000).optional(),
  errorCode: z.string().max(100).optional(),
  logs: z
    .array(z.object({ timestamp: z.string().max(40).optional(), level: level.catch("info"), message: z.string().max(8192) }))
    .max(2000)
    .default([]),
  generation,
});
export type CompleteRequest = z.output<typeof completeRequestSchema>;
export const completeReplySchema = z.object({ acknowledged: z.literal(true), ...cancelledField });

export const taskStreamToAgentSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("task_assigned"), task: handedTaskSchema }),
  z.object({ type: z.literal("task_cancelled"), taskId, generation }),
  /** What could not be taken, by name. The stream stays open. */
  z.object({ type: z.literal("error"), code: z.string().max(100), message: z.string().max(1000), taskId: taskId.optional() }),
]);
export type TaskStreamToAgent = z.infer<typeof taskStreamToAgentSchema>;

export const taskStreamFromAgentSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("task_progress"),
    taskId,
    /** Percent, where it can be known. */
    progress: z.number().min(0).max(100).optional(),
    message: z.string().max(500).default(""),
    generation,
  }),
  z.object({ type: z.literal("task_log"), taskId, level: level.catch("info"), message: z.string().max(8192), generation }),
]);
export type TaskStreamFromAgent = z.infer<typeof taskStreamFromAgentSchema>;
