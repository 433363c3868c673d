import { enforce } from "../../platform/verdict";
import { procedure, router } from "../../trpc/init";
import { mayOrderTasks, mayTasks } from "./tasks-policy";
import {
  cancelTaskInput,
  createTaskForAnyInput,
  createTaskInput,
  listTasksInput,
  listTasksOutput,
  orderedTaskSchema,
  retryTaskInput,
  taskDetailSchema,
  taskIdInput,
  taskLogsInput,
  taskLogsOutput,
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
  logs: procedure
    .meta({ rest: { method: "GET", path: "/tasks/{id}/logs", summary: "Read the log of a task" } })
    .input(taskLogsInput)
    .output(taskLogsOutput)
    .query(async ({ ctx, input }) => {
      const { ownerId } = await ctx.services.tasks.get(input.id);
      enforce(mayTasks(ctx.login, "see", { ownerId }), () => taskMissing(input.id), "see this task");
      return { lines: await ctx.services.tasks.logs(input) };
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
  createForAny: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/tasks",
        status: 201,
        keys: "camel",
        summary: "Give a task to whichever agent has these labels and capabilities",
        refusals: [409],
        example: {
          selector: { labels: { datacenter: "us-east-1" } },
          taskType: "docker.pull",
          payload: { image: "registry.example/team/app", tag: "v2.3.1" },
        },
      },
    })
    .input(createTaskForAnyInput)
    .output(orderedTaskSchema)
    .mutation(({ ctx, input }) => {
      enforce(mayOrderTasks(ctx.login), () => taskMissing(""), "give agents tasks");
      return ctx.services.taskOrders.createForAny(ctx.asker, input);
    }),
  retry: procedure
    .meta({
      rest: {
        method: "POST",
        path: "/tasks/{id}/retry",
        keys: "camel",
        summary: "Run a task again that failed or was cancelled",
        refusals: [409],
      },
    })
    .input(retryTaskInput)
    .output(orderedTaskSchema)
    .mutation(({ ctx, input }) => {
      enforce(mayOrderTasks(ctx.login), () => taskMissing(input.id), "try tasks again");
      return ctx.services.taskOrders.retry(ctx.asker, input);
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
