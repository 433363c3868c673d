import { DOCKER_TASKS } from "@berth/protocol/agent-messages";
import { dockerKindSchema, type TaskCredentials } from "@berth/protocol/docker-tasks";
import { BerthError } from "@berth/protocol/errors";
import { z } from "zod";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import { type Database, isUniqueViolation } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import { seal } from "../../platform/sealing";
import type { Keys } from "../../platform/secrets";
import { agentRevoked } from "../agents/agent-missing";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { Asker } from "../users/users-schema";
import { withEnvironmentSealed } from "./order-environment";
import { shownPayload } from "./shown-payload";
import { FORCED } from "./task-hand-out-store";
import type { TaskLogsService } from "./task-logs-service";
import { defaultTimeout, demandCredentialsFit, hashOfRequest, readOrder } from "./task-request";
import type { cancelTaskInput, createTaskForAnyInput, createTaskInput, OrderedTask, OrderInput, retryTaskInput } from "./tasks-schema";
import { type OrderTarget, orderFieldsOf, type TasksService, taskMissing } from "./tasks-service";
import { askToCancel, cancelUnbegunTask, findNamedTask, findTaskOfKey, finishTask, type NamedTaskRow, runAgain } from "./tasks-store";

export interface TaskOrdersDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keys: Pick<Keys, "taskCredentials">;
  readonly audit: AuditService;
  readonly tasks: TasksService;
  readonly taskLogs: TaskLogsService;
  /** By UUID or `agent_id`; throws AGENT_NOT_FOUND. */
  readonly agents: {
    known(
      ref: string,
    ): Promise<{ readonly id: string; readonly name: string; readonly capabilities: readonly string[]; readonly revokedAt: Date | null }>;
  };
}

/** Tasks that an admin gives to agents by hand, beside those that sessions and homes need. */
export class TaskOrders {
  constructor(private readonly deps: TaskOrdersDeps) {}

  /**
   * Throws VALIDATION_FAILED for what the allow-list has no word of, AGENT_TOO_OLD for an agent that carries out no such tasks, and
   * TASK_KEY_REUSED for an idempotency key that had something else asked for.
   */
  async create(asker: Asker, { id, ...order }: z.output<typeof createTaskInput>): Promise<OrderedTask> {
    const payload = readOrder(order);
    const agent = await this.deps.agents.known(id);
    if (agent.revokedAt) throw agentRevoked(agent.name);
    if (!agent.capabilities.includes(DOCKER_TASKS))
      throw new BerthError(
        "AGENT_TOO_OLD",
        `Agent ${agent.name} carries out no ${order.taskType} tasks; it needs the capability '${DOCKER_TASKS}'`,
      );
    return this.order(asker, order, payload, { agentId: agent.id }, agent);
  }

  /** The same for whichever agent has what `selector` says; it waits for one where none is there. */
  async createForAny(asker: Asker, { selector, ...order }: z.output<typeof createTaskForAnyInput>): Promise<OrderedTask> {
    return this.order(asker, order, readOrder(order), { selector }, null);
  }

  private async order(
    asker: Asker,
    order: OrderInput,
    payload: Record<string, unknown>,
    target: OrderTarget,
    agent: { readonly name: string } | null,
  ): Promise<OrderedTask> {
    const { database, audit, tasks, bus, keys } = this.deps;
    const told: Record<string, unknown> = agent ? { agent: agent.name } : target;
    const { idempotencyKey } = order;
    const key = idempotencyKey === undefined ? null : { idempotencyKey, hash: hashOfRequest(keys.taskCredentials, target, payload, order) };
    const before = key && (await this.madeBefore(asker.userId, key));
    if (before) return before;
    const id = this.deps.ids.uuid();
    try {
      const row = await database.$transaction(async (tx) => {
        const made = await tasks.enqueueOrder(tx, {
          id,
          kind: order.taskType,
          target,
          payload: withEnvironmentSealed(keys.taskCredentials, id, payload),
          credentialsSealed: this.sealed(id, order.credentials),
          priority: order.priority,
          timeoutSeconds: order.timeout ?? defaultTimeout(order.taskType),
          notBefore: order.notBefore === undefined ? null : new Date(order.notBefore),
          retries: order.retries,
          idempotencyKey: key?.idempotencyKey ?? null,
          requestHash: key?.hash ?? null,
          createdById: asker.userId,
        });
        await audit.record(tx, actorOf(asker), {
          action: "tasks.create",
          target: { kind: "task", id },
          details: { kind: order.taskType, ...told, ...subjectOf(payload) },
        });
        return made;
      });
      await bus.publish({ kind: "task", taskId: id, agentId: row.agentId, sessionId: null });
      return orderedView({ ...row, agent });
    } catch (error) {
      // Another request with the same key was first.
      const first = key && isUniqueViolation(error) ? await this.madeBefore(asker.userId, key) : null;
      if (!first) throw error;
      return first;
    }
  }

  private async madeBefore(userId: string, key: { idempotencyKey: string; hash: string }): Promise<OrderedTask | null> {
    const row = await findTaskOfKey(this.deps.database, userId, key.idempotencyKey);
    if (!row) return null;
    if (row.requestHash === key.hash) return orderedView(row);
    throw new BerthError(
      "TASK_KEY_REUSED",
      `The idempotency key '${key.idempotencyKey}' was used for task ${row.id}, which is another; take a new key`,
      { details: { taskId: row.id } },
    );
  }

  private sealed(taskId: string, credentials: TaskCredentials | undefined): string | null {
    return credentials ? seal(this.deps.keys.taskCredentials, taskId, JSON.stringify(credentials)) : null;
  }

  /** A task that failed or was cancelled runs anew: the same row, its next run, to its own agent or whichever fits. Throws TASK_NOT_RETRYABLE. */
  async retry(asker: Asker, { id, credentials }: z.output<typeof retryTaskInput>): Promise<OrderedTask> {
    const { database, audit, bus, taskLogs } = this.deps;
    const row = await findNamedTask(database, id);
    if (!row) throw taskMissing(id);
    const kind = dockerKindSchema.safeParse(row.kind);
    if (!kind.success)
      throw new BerthError(
        "TASK_NOT_RETRYABLE",
        `Task ${id} is a ${row.kind}, which is tried again by what it is for; change that instead`,
      );
    demandCredentialsFit(kind.data, credentials);
    await database.$transaction(async (tx) => {
      const anew = { retried: 0, credentialsSealed: this.sealed(id, credentials), ...(unsureEnd(row) ? { stays: true as const } : {}) };
      if (!(await runAgain(tx, row, ["failed", "cancelled"], anew)))
        throw new BerthError("TASK_NOT_RETRYABLE", `Task ${id} is ${row.state}; only what failed or was cancelled can be tried again`);
      await taskLogs.note(tx, id, "info", `Run ${(row.generation ?? 1) + 1}: tried again by ${asker.username}`);
      await audit.record(tx, actorOf(asker), {
        action: "tasks.retry",
        target: { kind: "task", id },
        details: { kind: row.kind, ...(row.agent ? { agent: row.agent.name } : {}) },
      });
    });
    // One that any agent may get has none to be asked for by.
    await bus.publish({ kind: "task", taskId: id, agentId: row.selector === null ? row.agentId : null, sessionId: null });
    return this.ordered(id);
  }

  /**
   * What was never begun is over at once. What an agent has is over when the agent says so, which it is asked to; by force it is over
   * here and now, and whatever the agent still does or says of it changes nothing.
   */
  async cancel(asker: Asker, { id, force }: z.output<typeof cancelTaskInput>): Promise<OrderedTask> {
    const { database, audit, bus, clock } = this.deps;
    const row = await findNamedTask(database, id);
    if (!row) throw taskMissing(id);
    if (!dockerKindSchema.safeParse(row.kind).success)
      throw new BerthError("TASK_NOT_CANCELLABLE", `Task ${id} is a ${row.kind}, which ends with what it is for; change that instead`);
    const now = clock.now();
    await database.$transaction(async (tx) => {
      const over = {
        state: "cancelled" as const,
        finishedAt: now,
        errorCode: "COMMAND_CANCELLED",
        errorMessage: FORCED,
      };
      const done =
        (await cancelUnbegunTask(tx, id, now)) ||
        (force ? await finishTask(tx, id, ["sent", "acknowledged"], over) : await askToCancel(tx, id, now));
      if (!done) throw new BerthError("TASK_NOT_CANCELLABLE", `Task ${id} has ended already`);
      await audit.record(tx, actorOf(asker), {
        action: "tasks.cancel",
        target: { kind: "task", id },
        details: { kind: row.kind, ...(row.agent ? { agent: row.agent.name } : {}), force },
      });
    });
    const events: BusEvent[] = [{ kind: "task", taskId: id, agentId: row.agentId, sessionId: row.sessionId }];
    // The replica that its agent is connected to tells it. Where it was only asked, the agent is told with each sending, too.
    if (row.agentId !== null) events.push({ kind: "task_cancel", taskId: id, agentId: row.agentId, generation: row.generation });
    await bus.publish(...events);
    return this.ordered(id);
  }

  private async ordered(id: string): Promise<OrderedTask> {
    const row = await findNamedTask(this.deps.database, id);
    if (!row) throw taskMissing(id);
    return orderedView(row);
  }
}

/** It was ended without its agent's word, and may go on there: only that agent can tell what became of it. */
const unsureEnd = ({ errorCode }: NamedTaskRow): boolean => errorCode === "TASK_TIMED_OUT" || errorCode === "COMMAND_CANCELLED";

const subjectSchema = z.object({ image: z.string().optional(), name: z.string().optional() });

/** What of it may stand in the audit log: which image, which container. */
function subjectOf(payload: unknown): { image?: string; container?: string } {
  const { image, name } = subjectSchema.parse(payload);
  return { ...(image ? { image } : {}), ...(name ? { container: name } : {}) };
}

function orderedView(row: Omit<NamedTaskRow, "session">): OrderedTask {
  return {
    taskId: row.id,
    taskType: dockerKindSchema.parse(row.kind),
    agentId: row.agent?.name ?? null,
    state: row.state,
    priority: row.priority,
    payload: shownPayload(row) ?? {},
    ...orderFieldsOf(row),
    generation: row.generation ?? 1,
    createdAt: row.createdAt,
  };
}
