import { type CommandData, commandDataSchemas } from "@berth/protocol/agent-commands";
import type { DockerKind } from "@berth/protocol/docker-tasks";
import { BerthError, errorCodeSchema } from "@berth/protocol/errors";
import { z } from "zod";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database, Tx } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import { pagination } from "../../platform/paging";
import { seal } from "../../platform/sealing";
import type { Keys } from "../../platform/secrets";
import type { Actor } from "../users/users-policy";
import { WARM_POOL_OWNER } from "../users/warm-pool-owner";
import type { AgentGateway } from "./agent-gateway";
import { shownPayload, taskSubject } from "./shown-payload";
import { MAX_LOG_LINES, type TaskLogsService } from "./task-logs-service";
import {
  commandTypeOfKind,
  type listTasksInput,
  type listTasksOutput,
  type Task,
  type TaskDetail,
  type TaskKind,
  type TaskLogLine,
  type TaskSelector,
  taskKindSchema,
  type taskLogsInput,
  taskSelectorSchema,
} from "./tasks-schema";
import {
  cancelQueuedTasks,
  countOpenTasks,
  expireLeases,
  expireLeasesOfSession,
  findNamedTask,
  findOpenTasks,
  findProgress,
  findTasks,
  insertTask,
  type NamedTaskRow,
  type TaskRow,
} from "./tasks-store";

export const taskMissing = (id: string): BerthError => new BerthError("TASK_NOT_FOUND", `No task with ID '${id}' exists`);

const resultSchema = z.record(z.string(), z.unknown()).nullable();

export interface NewTask<K extends TaskKind> {
  readonly kind: K;
  readonly agentId: string;
  readonly sessionId?: string;
  readonly generation?: number;
  readonly data: CommandData<(typeof commandTypeOfKind)[K]>;
  /** Who asked; null is the system. */
  readonly createdById: string | null;
}

export type OrderTarget = { readonly agentId: string } | { readonly selector: TaskSelector };

/** What an admin asked for, read. */
export interface NewOrder {
  readonly id: string;
  readonly kind: DockerKind;
  readonly target: OrderTarget;
  readonly payload: Record<string, unknown>;
  /** With `taskCredentials`, for this id. */
  readonly credentialsSealed: string | null;
  readonly priority: number;
  readonly timeoutSeconds: number;
  readonly notBefore: Date | null;
  readonly retries: number;
  readonly idempotencyKey: string | null;
  readonly requestHash: string | null;
  readonly createdById: string;
}

export interface TasksDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly taskLogs: TaskLogsService;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly gateway: AgentGateway;
  readonly keys: Pick<Keys, "sessionEnvironment">;
}

/** Instructions to agents as rows: written with the change that they belong to, delivered by the dispatcher. */
export class TasksService {
  constructor(private readonly deps: TasksDeps) {}

  /** Publish what it returns after commit: that is what wakes the dispatcher. Throws where `data` isn't what the agent will accept. */
  async enqueue<K extends TaskKind>(tx: Tx, task: NewTask<K>): Promise<Extract<BusEvent, { kind: "task" }>> {
    const data = commandDataSchemas[commandTypeOfKind[task.kind]].parse(task.data);
    const id = this.deps.ids.uuid();
    // Variables may be secret: they are put in again when the task is handed out, and gone when it has ended.
    const sealed = "environment" in data && seal(this.deps.keys.sessionEnvironment, id, JSON.stringify(data.environment));
    const payload = "environment" in data ? { ...data, environment: {} } : data;
    const row = await insertTask(tx, {
      id,
      ...(sealed ? { environmentSealed: sealed } : {}),
      kind: task.kind,
      agentId: task.agentId,
      sessionId: task.sessionId ?? null,
      generation: task.generation ?? null,
      payload,
      createdById: task.createdById,
      createdAt: this.deps.clock.now(),
    });
    return { kind: "task", taskId: row.id, agentId: row.agentId, sessionId: row.sessionId };
  }

  /** A task of an engine, in its first run. Publish, after commit, that it is there. Throws a unique violation where its maker used the key before. */
  async enqueueOrder(tx: Tx, { target, payload, ...order }: NewOrder): Promise<TaskRow> {
    const whose = "agentId" in target ? { agentId: target.agentId } : { selector: target.selector };
    const kept = z.record(z.string(), z.json()).parse(payload);
    return insertTask(tx, { ...order, ...whose, payload: kept, generation: 1, createdAt: this.deps.clock.now() });
  }

  async list(actor: Actor, input: z.output<typeof listTasksInput>): Promise<z.output<typeof listTasksOutput>> {
    const { rows, nextCursor, counted } = await findTasks(
      this.deps.database,
      {
        agentName: input.agentId,
        sessionId: input.sessionId,
        state: input.state,
        kind: input.kind,
        ownerId: actor.role === "user" ? actor.userId : undefined,
      },
      input,
    );
    return { tasks: rows.map(taskView), pagination: pagination(input, counted, nextCursor) };
  }

  openCounts(): Promise<Record<"queued" | "sent" | "acknowledged", number>> {
    return countOpenTasks(this.deps.database);
  }

  async get(id: string): Promise<{ task: TaskDetail; ownerId: string | null }> {
    const row = await findNamedTask(this.deps.database, id);
    if (!row) throw taskMissing(id);
    const payload = shownPayload(row);
    const result = payload === null ? null : resultSchema.parse(row.result);
    const task = {
      ...taskView(row),
      payload,
      result,
      ...orderFieldsOf(row),
      generation: row.generation,
      deliveredBy: row.deliveredBy,
      offered: row.offered,
      deadlineAt: row.deadlineAt,
      acknowledgedAt: row.acknowledgedAt,
      logLines: Math.min(row.logLines, MAX_LOG_LINES + 1),
    };
    return { task, ownerId: row.session?.userId ?? null };
  }

  logs({ id, after, limit }: z.output<typeof taskLogsInput>): Promise<TaskLogLine[]> {
    return this.deps.taskLogs.read(id, after, limit);
  }

  /**
   * Cancels what is open of these kinds: what was never sent is over with this transaction. What was sent stays open until the agent
   * answers; call `tell` after commit to ask it to stop.
   */
  async cancel(tx: Tx, sessionId: string, kinds: readonly TaskKind[]): Promise<{ sentBefore: boolean; tell: () => void }> {
    await cancelQueuedTasks(tx, sessionId, kinds, this.deps.clock.now());
    const sent = (await findOpenTasks(tx, sessionId)).filter((row) => kinds.some((kind) => kind === row.kind));
    return {
      sentBefore: sent.length > 0,
      tell: () => {
        for (const { id: taskId, agentId } of sent) {
          if (agentId === null || this.deps.gateway.send(agentId, { type: "command_cancel", command_id: taskId })) continue;
          // Another replica may have it. A word that is lost is said again with each sending of what it overtakes.
          this.deps.bus.publish({ kind: "task_cancel", taskId, agentId, generation: null }).catch(() => {});
        }
      },
    };
  }

  /** Kinds of the session's open tasks, first to last. */
  async openKinds(tx: Tx | Database, sessionId: string): Promise<TaskKind[]> {
    return (await findOpenTasks(tx, sessionId)).map((row) => taskKindSchema.parse(row.kind));
  }

  /** What agents are doing for these sessions now, by session id. */
  async progress(sessionIds: readonly string[]): Promise<Map<string, { percent: number | null; message: string }>> {
    if (sessionIds.length === 0) return new Map();
    const rows = await findProgress(this.deps.database, sessionIds);
    return new Map(
      [...rows].flatMap(([id, row]) =>
        row.progressMessage === null ? [] : [[id, { percent: row.progress, message: row.progressMessage }] as const],
      ),
    );
  }

  /** An agent came back: all that it may have missed is due again. */
  async resendAll(agentIds: readonly string[]): Promise<void> {
    await expireLeases(this.deps.database, agentIds, this.deps.clock.now());
  }

  async resendOfSession(tx: Tx, sessionId: string): Promise<void> {
    await expireLeasesOfSession(tx, sessionId, this.deps.clock.now());
  }
}

const keptCode = errorCodeSchema.catch("INTERNAL_ERROR");
const keptSelector = taskSelectorSchema.nullable();

export const taskView = (row: NamedTaskRow): Task => ({
  id: row.id,
  kind: taskKindSchema.parse(row.kind),
  state: row.state,
  agentId: row.agent?.name ?? null,
  // One that waits in a warm pool has no page.
  session: row.session && row.session.userId !== WARM_POOL_OWNER ? { id: row.session.id, name: row.session.name } : null,
  subject: taskSubject(row),
  priority: row.priority,
  attempts: row.attempts,
  progress: row.progressMessage === null ? null : { percent: row.progress, message: row.progressMessage },
  errorCode: row.errorCode === null ? null : keptCode.parse(row.errorCode),
  errorMessage: row.errorMessage,
  createdAt: row.createdAt,
  sentAt: row.sentAt,
  finishedAt: row.finishedAt,
});

export const orderFieldsOf = (row: TaskRow) => ({
  selector: keptSelector.parse(row.selector),
  timeoutSeconds: row.timeoutSeconds,
  notBefore: row.notBefore,
  retries: row.retries,
  retried: row.retried,
  idempotencyKey: row.idempotencyKey,
  cancelAskedAt: row.cancelAskedAt,
});
