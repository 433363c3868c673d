import type { z } from "zod";
import type { Database } from "../../platform/database";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { Asker } from "../users/users-schema";
import type { controlInput, SessionViewer, viewersOutput } from "./shares-schema";
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

  async act(asker: Asker, { id, action, to }: z.output<typeof controlInput>): Promise<void> {
    this.deps.rooms.act(id, `user:${asker.userId}`, action, to);
    const name = this.deps.rooms.viewers(id, "").find((viewer) => viewer.key === to)?.name ?? null;
    await this.deps.database.$transaction((tx) =>
      this.deps.audit.record(tx, actorOf(asker), {
        action: `sessions.control_${action}`,
        target: { kind: "session", id },
        details: name === null ? {} : { to: name },
      }),
    );
  }
}
