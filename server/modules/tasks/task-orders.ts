import { DOCKER_TASKS } from "@berth/protocol/agent-messages";
import { dockerKindSchema, readDockerTask, takesCredentials } from "@berth/protocol/docker-tasks";
import { BerthError } from "@berth/protocol/errors";
import { z } from "zod";
import type { Bus, BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { Ids } from "../../platform/ids";
import { seal } from "../../platform/sealing";
import type { Keys } from "../../platform/secrets";
import { agentRevoked } from "../agents/agent-missing";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { Asker } from "../users/users-schema";
import type { AgentGateway } from "./agent-gateway";
import { shownPayload } from "./shown-payload";
import type { cancelTaskInput, createTaskInput, OrderedTask } from "./tasks-schema";
import { type TasksService, taskMissing } from "./tasks-service";
import { askToCancel, cancelQueuedTask, findNamedTask, finishTask, type NamedTaskRow } from "./tasks-store";

export interface TaskOrdersDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keys: Pick<Keys, "taskCredentials">;
  readonly audit: AuditService;
  readonly tasks: TasksService;
  readonly gateway: AgentGateway;
  /** By UUID or `agent_id`; throws AGENT_NOT_FOUND. */
  readonly agents: {
    get(
      ref: string,
    ): Promise<{ readonly id: string; readonly name: string; readonly capabilities: readonly string[]; readonly revokedAt: Date | null }>;
  };
}

/** Tasks that an admin gives to an agent by hand, beside those that sessions and homes need. */
export class TaskOrders {
  constructor(private readonly deps: TaskOrdersDeps) {}

  /** Throws VALIDATION_FAILED for what the allow-list has no word of, AGENT_TOO_OLD for an agent that carries out no such tasks. */
  async create(asker: Asker, input: z.output<typeof createTaskInput>): Promise<OrderedTask> {
    const { database, audit, tasks, agents, bus } = this.deps;
    const kind = input.taskType;
    const read = readDockerTask(kind, input.payload);
    if (!read.ok) {
      const fields = Object.fromEntries(read.problems.map(({ path, message }) => [path ? `payload.${path}` : "payload", message]));
      const words = Object.entries(fields).map(([field, problem]) => `${field}: ${problem}`);
      throw new BerthError("VALIDATION_FAILED", words.join("; ").slice(0, 1000), { details: { fields } });
    }
    if (input.credentials && !takesCredentials(kind))
      throw new BerthError("VALIDATION_FAILED", `credentials: ${kind} needs none`, {
        details: { fields: { credentials: `${kind} needs none` } },
      });
    const agent = await agents.get(input.id);
    if (agent.revokedAt) throw agentRevoked(agent.name);
    if (!agent.capabilities.includes(DOCKER_TASKS))
      throw new BerthError("AGENT_TOO_OLD", `Agent ${agent.name} carries out no ${kind} tasks; it needs the capability '${DOCKER_TASKS}'`);
    const event = await database.$transaction(async (tx) => {
      const id = this.deps.ids.uuid();
      const credentials = input.credentials && seal(this.deps.keys.taskCredentials, id, JSON.stringify(input.credentials));
      const made = await tasks.enqueue(tx, {
        kind,
        agentId: agent.id,
        data: read.payload,
        createdById: asker.userId,
        ...(credentials && { sealed: { id, credentials } }),
      });
      await audit.record(tx, actorOf(asker), {
        action: "tasks.create",
        target: { kind: "task", id: made.taskId },
        details: { kind, agent: agent.name, ...subjectOf(read.payload) },
      });
      return made;
    });
    await bus.publish(event);
    return this.ordered(event.taskId);
  }

  /**
   * What was never sent is over at once. What an agent has is over when the agent says so, which it is asked to; by force it is over
   * here and now, and whatever the agent still does or says of it changes nothing.
   */
  async cancel(asker: Asker, { id, force }: z.output<typeof cancelTaskInput>): Promise<OrderedTask> {
    const { database, audit, bus, clock, gateway } = this.deps;
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
        errorMessage: "Cancelled by force: what the agent had done of it by then is not known",
      };
      const done =
        (await cancelQueuedTask(tx, id, now)) ||
        (force ? await finishTask(tx, id, ["sent", "acknowledged"], over) : await askToCancel(tx, id, now));
      if (!done) throw new BerthError("TASK_NOT_CANCELLABLE", `Task ${id} has ended already`);
      await audit.record(tx, actorOf(asker), {
        action: "tasks.cancel",
        target: { kind: "task", id },
        details: { kind: row.kind, agent: row.agent.name, force },
      });
    });
    // The dispatcher that its agent is connected to tells it, as the task is due again; by force nothing is due any more.
    if (force) gateway.send(row.agentId, { type: "command_cancel", command_id: id });
    const event: BusEvent = { kind: "task", taskId: id, agentId: row.agentId, sessionId: row.sessionId };
    await bus.publish(event);
    return this.ordered(id);
  }

  private async ordered(id: string): Promise<OrderedTask> {
    const row = await findNamedTask(this.deps.database, id);
    if (!row) throw taskMissing(id);
    return orderedView(row);
  }
}

const subjectSchema = z.object({ image: z.string().optional(), name: z.string().optional() });

/** What of it may stand in the audit log: which image, which container. */
function subjectOf(payload: unknown): { image?: string; container?: string } {
  const { image, name } = subjectSchema.parse(payload);
  return { ...(image ? { image } : {}), ...(name ? { container: name } : {}) };
}

function orderedView(row: NamedTaskRow): OrderedTask {
  return {
    taskId: row.id,
    taskType: dockerKindSchema.parse(row.kind),
    agentId: row.agent.name,
    state: row.state,
    payload: shownPayload(row) ?? {},
    cancelAskedAt: row.cancelAskedAt,
    createdAt: row.createdAt,
  };
}
