import { enforce } from "../../platform/verdict";
import { procedure, router } from "../../trpc/init";
import { mayOrderTasks, mayTasks } from "./tasks-policy";
import {
  cancelTaskInput,
  createTaskInput,
  listTasksInput,
  listTasksOutput,
  orderedTaskSchema,
  taskDetailSchema,
  taskIdInput,
} from "./tasks-schema";
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
    .output(taskDetailSchema)
    .query(async ({ ctx, input }) => {
      const { task, ownerId } = await ctx.services.tasks.get(input.id);
      enforce(mayTasks(ctx.login, "see", { ownerId }), () => taskMissing(input.id), "see this task");
      return task;
    }),
  create: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/agents/{id}/tasks",
        status: 201,
        keys: "camel",
        summary: "Give an agent a task for its container engine",
        refusals: [409],
        example: { taskType: "docker.pull", payload: { image: "registry.example/team/app", tag: "v2.3.1" } },
      },
    })
    .input(createTaskInput)
    .output(orderedTaskSchema)
    .mutation(({ ctx, input }) => {
      enforce(mayOrderTasks(ctx.login), () => taskMissing(""), "give agents tasks");
      return ctx.services.taskOrders.create(ctx.asker, input);
    }),
  cancel: procedure
    .meta({
      rest: { method: "POST", path: "/tasks/{id}/cancel", keys: "camel", summary: "Cancel a task of a container engine", refusals: [409] },
    })
    .input(cancelTaskInput)
    .output(orderedTaskSchema)
    .mutation(({ ctx, input }) => {
      enforce(mayOrderTasks(ctx.login), () => taskMissing(input.id), "cancel tasks");
      return ctx.services.taskOrders.cancel(ctx.asker, input);
    }),
});
