import type { BusEvent } from "../../../platform/bus";
import type { SessionRow } from "../sessions-store";
import { imageName } from "./image-reference";
import { openUpdateStatusSchema, type SessionUpdateView, updateStatusSchema } from "./versions-schema";
import type { UpdateRow } from "./versions-store";

/** Until the old container is taken away nothing was changed that can't be left as it was. */
export const isCancellable = ({ status }: { readonly status: string }): boolean => status === "pulling" || status === "waiting";

export function updateView(row: UpdateRow, by: string | null): SessionUpdateView {
  const from = { image: row.fromImage, tag: imageName(row.fromImage).tag, templateVersion: row.fromTemplateVersion };
  const to = { image: row.toImage, tag: imageName(row.toImage).tag, templateVersion: row.toTemplateVersion };
  return {
    id: row.id,
    containerId: row.sessionId,
    status: updateStatusSchema.parse(row.status),
    message: row.message,
    progress: row.status === "pulling" ? row.progress : null,
    from,
    to,
    oldTag: from.tag,
    newTag: to.tag,
    reason: row.reason,
    by,
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
    cancellable: isCancellable(row),
  };
}

/** `berth/firefox-browser:2`, and the template's version where that changes. */
export function versionWords(row: UpdateRow, side: "from" | "to"): string {
  const [image, version] = side === "from" ? [row.fromImage, row.fromTemplateVersion] : [row.toImage, row.toTemplateVersion];
  return row.fromTemplateVersion === row.toTemplateVersion ? image : `${image} (template version ${version})`;
}

export const openStatus = (row: UpdateRow) => openUpdateStatusSchema.parse(row.status);

/** To publish after commit: what is known of its versions changed, and its timeline. */
export const versionEvents = (row: SessionRow): BusEvent[] => [
  { kind: "inside", sessionId: row.id, userId: row.userId, about: "version" },
  { kind: "session", sessionId: row.id, userId: row.userId, agentId: row.agentId },
];
