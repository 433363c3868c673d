import { deleteHomeDataSchema } from "@berth/protocol/agent-commands";
import type { BusEvent } from "../../platform/bus";
import type { Tx } from "../../platform/database";
import type { KnownTask, TaskListener, TaskOutcome } from "../tasks/task-listener";
import { deleteHome, findHomeByVolume, updateHome } from "./homes-store";

/** What agents say of homes that they were asked to remove. */
export class HomesInbox implements TaskListener {
  readonly kinds = ["home.delete"] as const;

  async finished(tx: Tx, task: KnownTask, outcome: TaskOutcome): Promise<BusEvent[]> {
    const { volume } = deleteHomeDataSchema.parse(task.payload);
    const home = await findHomeByVolume(tx, volume);
    if (!home || home.agentId !== task.agentId) return [];
    // What could not be removed is there to be tried again, as long as there is an agent to try.
    if (outcome.status === "completed" || outcome.code === "HOME_MISSING" || outcome.code === "AGENT_REVOKED")
      await deleteHome(tx, home.id);
    else await updateHome(tx, home.id, { deletingAt: null });
    return [{ kind: "home", homeId: home.id, userId: home.userId }];
  }
}
