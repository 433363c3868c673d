import type { BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Tx } from "../../platform/database";
import type { KnownTask, TaskListener, TaskOutcome } from "../tasks/task-listener";
import type { TemplatesService } from "../templates/templates-service";
import { sizeOf } from "./session-size";
import { findSession, insertEvent } from "./sessions-store";
import { writeSize } from "./warm-pool/warm-pool-store";

/** What agents say of limits that they were to change while a session runs: of one that was claimed with other limits than it waited with. */
export class ResizeInbox implements TaskListener {
  readonly kinds = ["session.resize"] as const;

  constructor(private readonly deps: { readonly clock: Clock; readonly templates: TemplatesService }) {}

  async finished(tx: Tx, task: KnownTask, outcome: TaskOutcome): Promise<BusEvent[]> {
    const row = task.sessionId ? await findSession(tx, task.sessionId) : null;
    // A newer generation was made with the limits that its row says.
    if (!row || row.agentId !== task.agentId || row.generation !== task.generation) return [];
    const said = { sessionId: row.id, at: this.deps.clock.now(), actorId: null };
    if (outcome.status === "completed") {
      await insertEvent(tx, { ...said, kind: "resized", message: "It has the limits that were asked for" });
    } else {
      await writeSize(tx, row.id, sizeOf({}, await this.deps.templates.ofVersion(tx, row.template, row.templateVersion)));
      const message = `It has the template's limits, others could not be set: ${outcome.message}`;
      await insertEvent(tx, { ...said, kind: "resize_failed", message });
    }
    return [{ kind: "session", sessionId: row.id, userId: row.userId, agentId: row.agentId }];
  }
}
