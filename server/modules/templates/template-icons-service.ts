import { createHash } from "node:crypto";
import { BerthError } from "@berth/protocol/errors";
import type { Database } from "../../platform/database";
import { actorOf } from "../audit/audit-actor";
import type { AuditService } from "../audit/audit-service";
import type { Asker } from "../users/users-schema";
import { cleanPng } from "./png-picture";
import { countIcons, findIcon, findIconNames, insertIcon, UPLOADED } from "./template-icons-store";
import { ICON_MAX_BYTES } from "./template-versions-schema";

/** Together 32 MB of database and of its back-ups. */
const MOST_ICONS = 500;
const SHOWN = 60;

/** Uploaded pictures, named by what is in them: one that is uploaded twice is there once, and never changes under its name. */
export class TemplateIconsService {
  constructor(private readonly deps: { readonly database: Database; readonly audit: AuditService }) {}

  /** The icon's name, for a template's `icon`. Throws TEMPLATE_INVALID saying what is wrong with the picture. */
  async upload(asker: Asker, base64: string): Promise<string> {
    const png = cleanPng(Buffer.from(base64, "base64"));
    if (png.length > ICON_MAX_BYTES) {
      throw new BerthError("TEMPLATE_INVALID", "The icon was refused: it has more than 64 KB", {
        details: { fields: { icon: "over 64 KB" } },
      });
    }
    const name = `${UPLOADED}${createHash("sha256").update(png).digest("hex").slice(0, 32)}`;
    await this.deps.database.$transaction(async (tx) => {
      if (await findIcon(tx, name)) return;
      if ((await countIcons(tx)) >= MOST_ICONS) {
        throw new BerthError("TEMPLATE_INVALID", `There are ${MOST_ICONS} uploaded icons already; use one of those`);
      }
      await insertIcon(tx, { name, png: new Uint8Array(png), createdById: asker.userId });
      await this.deps.audit.record(tx, actorOf(asker), {
        action: "templates.upload_icon",
        target: { kind: "template_icon", id: name },
        details: { bytes: png.length },
      });
    });
    return name;
  }

  /** Names of the newest. */
  async list(): Promise<string[]> {
    return (await findIconNames(this.deps.database, SHOWN)).map(({ name }) => name);
  }

  async read(name: string): Promise<Uint8Array | null> {
    return (await findIcon(this.deps.database, name))?.png ?? null;
  }
}
