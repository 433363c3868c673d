import { BerthError } from "@berth/protocol/errors";
import type { Database, Tx } from "../../platform/database";

/** What begins with this is one of the uploaded; all else is the set that ships with the app. */
export const UPLOADED = "upload-";

export const findIcon = (db: Tx | Database, name: string) => db.templateIcon.findUnique({ where: { name } });
/** Newest first. */
export const findIconNames = (db: Database, limit: number) =>
  db.templateIcon.findMany({ orderBy: { createdAt: "desc" }, take: limit, select: { name: true } });
export const countIcons = (tx: Tx) => tx.templateIcon.count();
export const insertIcon = (tx: Tx, data: { name: string; png: Uint8Array<ArrayBuffer>; createdById: string }) =>
  tx.templateIcon.create({ data });

export async function iconIsThere(db: Tx | Database, icon: string | null): Promise<boolean> {
  return !icon?.startsWith(UPLOADED) || (await db.templateIcon.count({ where: { name: icon } })) > 0;
}

/** Throws TEMPLATE_INVALID for an uploaded icon that isn't there. */
export async function demandIcon(db: Tx | Database, icon: string | null): Promise<void> {
  if (await iconIsThere(db, icon)) return;
  throw new BerthError("TEMPLATE_INVALID", `There is no icon '${icon}' here; upload it, or choose another`, {
    details: { fields: { icon: "is not here; upload it, or choose another" } },
  });
}
