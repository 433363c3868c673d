/** One task that is to be cut short, and what must be true of it afterwards. */
import { z } from "zod";
import type { EngineCall } from "./engine-proxy";

const taskSchema = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.enum(["queued", "sent", "acknowledged", "completed", "failed", "cancelled"]),
  attempts: z.number(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
});
export type TaskView = z.infer<typeof taskSchema>;
export const taskDetailSchema = taskSchema.extend({
  payload: z.record(z.string(), z.unknown()).nullable(),
  result: z.record(z.string(), z.unknown()).nullable(),
});
export const taskListSchema = z.object({ tasks: z.array(taskSchema) });

export const isOver = ({ state }: TaskView): boolean => state === "completed" || state === "failed" || state === "cancelled";

export interface Trial {
  /** `command_type` on the channel. */
  readonly commandType: string;
  /** What it asks of the engine, in order. */
  readonly calls: readonly ((call: EngineCall) => boolean)[];
  /** What has to be there first. */
  prepare(): Promise<void>;
  /** May reject: the one that is asked may be the one that is ended. */
  ask(): Promise<void>;
  /** Null: no such task was written. */
  task(): Promise<TaskView | null>;
  /** What is in the engine and in the control plane and should not be, or is not and should. */
  problems(task: TaskView | null): Promise<string[]>;
  /** The same of what was done, which never changes again. */
  counts(task: TaskView | null): string[];
  cleanUp(): Promise<void>;
}

export const asks = (method: string, path: RegExp) => (call: EngineCall) => call.method === method && path.test(call.path);

export const expectTimes = (what: string, found: number, wanted: number): string[] =>
  found === wanted ? [] : [`${what}: ${found} times, not ${wanted === 1 ? "once" : wanted}`];
