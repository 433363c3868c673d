import { pulledImageSchema } from "@berth/protocol/session-versions";
import type { BusEvent } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import type { Tx } from "../../../platform/database";
import type { KnownTask, TaskListener, TaskOutcome } from "../../tasks/task-listener";
import { findSession, insertEvent } from "../sessions-store";
import { versionEvents, versionWords } from "./version-views";
import { findUpdateOfPull, type UpdateRow, writeUpdate } from "./versions-store";

/** What agents say of images that they fetch for updates. What becomes of the session then is `VersionUpdates`' to say. */
export class VersionsInbox implements TaskListener {
  readonly kinds = ["session.pull"] as const;

  constructor(private readonly deps: { readonly clock: Clock }) {}

  async progressed(tx: Tx, task: KnownTask, progress: { message: string; percent?: number | undefined }): Promise<BusEvent[]> {
    const update = await this.find(tx, task);
    if (!update) return [];
    await writeUpdate(tx, update.id, { message: progress.message, progress: progress.percent ?? update.progress });
    return this.events(tx, update, false);
  }

  async finished(tx: Tx, task: KnownTask, outcome: TaskOutcome): Promise<BusEvent[]> {
    const update = await this.find(tx, task);
    if (!update) return [];
    const now = this.deps.clock.now();
    if (outcome.status === "completed") {
      const result = pulledImageSchema.safeParse(outcome.result).data;
      const message = result?.pulled === false ? "The registry did not give the image; the host's own is used" : "The image is there";
      const known = { toImageId: result?.image_id ?? null, fromImageId: result?.running_image_id ?? null };
      await writeUpdate(tx, update.id, { pulledAt: now, progress: 100, message, ...known });
      return this.events(tx, update, true);
    }
    const message = `${versionWords(update, "to")} could not be fetched, and nothing was changed: ${outcome.message}`;
    const end = { status: "failed", message, reason: outcome.message, progress: null, openSessionId: null, finishedAt: now };
    await writeUpdate(tx, update.id, end);
    await insertEvent(tx, { sessionId: update.sessionId, at: now, kind: "update_failed", message, actorId: null });
    return this.events(tx, update, true);
  }

  /** One that was cancelled meanwhile hears nothing any more. */
  private async find(tx: Tx, { id, sessionId }: KnownTask): Promise<UpdateRow | null> {
    return sessionId ? findUpdateOfPull(tx, id, sessionId) : null;
  }

  private async events(tx: Tx, { sessionId }: UpdateRow, told: boolean): Promise<BusEvent[]> {
    const row = await findSession(tx, sessionId);
    const [inside, session] = row ? versionEvents(row) : [];
    return [...(inside ? [inside] : []), ...(told && session ? [session] : [])];
  }
}
