import type { z } from "zod";
import type { Database } from "../../../platform/database";
import type { AuditActor } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { controlInput, SessionViewer, viewersOutput } from "../sharing/shares-schema";
import type { ViewerRooms } from "./viewer-rooms";

/** What the person marked `you` may do about control now. */
export function mayNow(viewers: readonly SessionViewer[]): z.output<typeof viewersOutput>["may"] {
  const you = viewers.find((viewer) => viewer.you);
  if (!you) return { take: false, request: false, release: false, give: false };
  const leads = (you.kind === "owner" || you.kind === "admin") && you.right === "control";
  return {
    take: leads && !you.controls,
    request: !leads && you.right === "control" && !you.controls && !you.requested,
    release: you.controls || you.requested,
    give: leads || you.controls,
  };
}

/** Hands control of a screen over, and writes down who did. */
export class ScreenControl {
  constructor(private readonly deps: { readonly database: Database; readonly audit: AuditService; readonly rooms: ViewerRooms }) {}

  /** `key` is the viewer's in the room of the session. Throws SESSION_NOT_RUNNING, AUTH_INSUFFICIENT_PERMISSIONS. */
  async act(actor: AuditActor, key: string, { id, action, to }: z.output<typeof controlInput>): Promise<void> {
    const { database, audit, rooms } = this.deps;
    const nameOf = (wanted: string) => rooms.viewers(id, "").find((viewer) => viewer.key === wanted)?.name ?? null;
    const details: Record<string, string | null> = {};
    if (to !== undefined) details.to = nameOf(to);
    if (actor.kind === "nobody") details.guest = nameOf(key);
    await database.$transaction(async (tx) => {
      await audit.record(tx, actor, { action: `sessions.control_${action}`, target: { kind: "session", id }, details });
      // Last: what is not written down must not be done, and what is refused here leaves no line.
      rooms.act(id, key, action, to);
    });
  }
}
