import { createSnapshotDataSchema, deleteSnapshotDataSchema, snapshotResultSchema } from "@berth/protocol/snapshots";
import type { BusEvent } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Tx } from "../../platform/database";
import type { KnownTask, TaskListener, TaskOutcome } from "../tasks/task-listener";
import type { TasksService } from "../tasks/tasks-service";
import { told } from "./snapshots-service";
import { deleteSnapshot, findSnapshot, lockSnapshot, updateSnapshot } from "./snapshots-store";

/** What agents say of snapshots that they were asked to make or to remove. */
export class SnapshotsInbox implements TaskListener {
  readonly kinds = ["snapshot.create", "snapshot.delete"] as const;

  constructor(private readonly deps: { readonly clock: Clock; readonly tasks: TasksService }) {}

  async progressed(tx: Tx, task: KnownTask): Promise<BusEvent[]> {
    const row = await findSnapshot(tx, idOf(task));
    return row ? [told(row)] : [];
  }

  async finished(tx: Tx, task: KnownTask, outcome: TaskOutcome): Promise<BusEvent[]> {
    const id = idOf(task);
    await lockSnapshot(tx, id);
    const row = await findSnapshot(tx, id);
    if (!row || row.agentId !== task.agentId) {
      // It was deleted before its making came to an end: what was made after that is nobody's.
      if (row || task.kind !== "snapshot.create" || outcome.status !== "completed") return [];
      return [
        await this.deps.tasks.enqueue(tx, { kind: "snapshot.delete", agentId: task.agentId, data: { snapshot: id }, createdById: null }),
      ];
    }
    if (task.kind === "snapshot.create") {
      if (row.state !== "creating") return [];
      const made = outcome.status === "completed" ? snapshotResultSchema.safeParse(outcome.result) : null;
      if (made?.success) {
        const { size_bytes, image_bytes, consistent } = made.data;
        const imageBytes = image_bytes === null ? null : BigInt(image_bytes);
        const readyAt = this.deps.clock.now();
        await updateSnapshot(tx, id, { state: "ready", sizeBytes: BigInt(size_bytes), imageBytes, consistent, readyAt });
      } else {
        const problem = outcome.status === "failed" ? outcome.message : "What its agent said of it was not understood";
        await updateSnapshot(tx, id, { state: "failed", problem: problem.slice(0, 1000) });
      }
    } else if (outcome.status === "completed" || outcome.code === "AGENT_REVOKED") {
      await deleteSnapshot(tx, id);
    } else if (row.state === "deleting") {
      // It is there to be removed again.
      await updateSnapshot(tx, id, { state: row.readyAt ? "ready" : "failed", problem: outcome.message.slice(0, 1000) });
    }
    return [told(row)];
  }
}

function idOf({ kind, payload }: KnownTask): string {
  return (kind === "snapshot.create" ? createSnapshotDataSchema : deleteSnapshotDataSchema).parse(payload).snapshot;
}
