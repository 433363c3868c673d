import { enforce } from "../../platform/verdict";
import { procedure, router } from "../../trpc/init";
import { mayTasks } from "./tasks-policy";
import { listTasksInput, listTasksOutput, taskIdInput, taskSchema } from "./tasks-schema";
import { taskMissing } from "./tasks-service";

export const tasksRouter = router({
  list: procedure
    .meta({ rest: { method: "GET", path: "/tasks", summary: "List tasks" } })
    .input(listTasksInput)
    .output(listTasksOutput)
    .query(({ ctx, input }) => ctx.services.tasks.list(ctx.login, input)),
  get: procedure
    .meta({ rest: { method: "GET", path: "/tasks/{id}", summary: "Get a task" } })
    .input(taskIdInput)
    .output(taskSchema)
    .query(async ({ ctx, input }) => {
      const { task, ownerId } = await ctx.services.tasks.get(input.id);
      enforce(mayTasks(ctx.login, "see", { ownerId }), () => taskMissing(input.id), "see this task");
      return task;
    }),
});
