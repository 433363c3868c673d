import { BerthError } from "@berth/protocol/errors";
import type { z } from "zod";
import type { Actor } from "../users/users-policy";
import type { listTasksInput, listTasksOutput, Task } from "./tasks-schema";

export const taskMissing = (id: string): BerthError => new BerthError("TASK_NOT_FOUND", `No task with ID '${id}' exists`);

export class TasksService {
  async list(_actor: Actor, _input: z.output<typeof listTasksInput>): Promise<z.output<typeof listTasksOutput>> { throw new Error("not built yet"); }
  async get(_id: string): Promise<{ task: Task; ownerId: string | null }> { throw new Error("not built yet"); }
}
