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

export const listTasksInput = z.strictObject({
  agentId: z.string().max(63).optional(),
  sessionId: z.uuid().optional(),
  state: taskStateSchema.optional(),
  ...pageInput().shape,
});
export const listTasksOutput = z.object({ tasks: z.array(taskSchema), pagination: paginationSchema });
export const taskIdInput = z.strictObject({ id: z.uuid() });
