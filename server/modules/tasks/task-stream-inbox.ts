import type { TaskStreamFromAgent } from "@berth/protocol/agent-tasks";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Database } from "../../platform/database";
import type { TasksInbox } from "./tasks-inbox";
import { expireUnheard } from "./tasks-store";

export interface TaskStreamInboxDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly tasksInbox: TasksInbox;
}

/** What agents say on their task streams. */
export class TaskStreamInbox {
  constructor(private readonly deps: TaskStreamInboxDeps) {}

  /** What an earlier stream was sent and nothing was heard of may not have arrived: it is due again. */
  async opening({ agentId }: { readonly agentId: string }): Promise<void> {
    await expireUnheard(this.deps.database, agentId, this.deps.clock.now());
  }

  async opened({ agentId }: { readonly agentId: string }): Promise<void> {
    await this.deps.bus.publish({ kind: "agent", agentId });
  }

  async received({ agentId }: { readonly agentId: string }, message: TaskStreamFromAgent): Promise<void> {
    const { taskId: command_id, generation } = message;
    if (message.type === "task_progress") {
      const { progress, message: words } = message;
      return this.deps.tasksInbox.progressed(agentId, { command_id, generation, progress, message: words });
    }
    const line = { timestamp: this.deps.clock.now().toISOString(), level: message.level, message: message.message };
    return this.deps.tasksInbox.logged(agentId, { command_id, generation, lines: [line] });
  }
}
