import QuickLRU from "quick-lru";
import type { Database } from "../../platform/database";
import { type BareSessionRow, type DisplayRow, findDisplays } from "./sessions-store";

const KEPT = 2_000;

/** What sessions have of their template's version. Those never change, so each is read once a process, and its parsed forms can hang on the row. */
export class SessionDisplays {
  private readonly kept = new QuickLRU<string, DisplayRow>({ maxSize: KEPT });

  constructor(private readonly database: Database) {}

  /** By session id. */
  async of(sessions: readonly Pick<BareSessionRow, "id" | "templateId" | "templateVersion">[]): Promise<ReadonlyMap<string, DisplayRow>> {
    const found = new Map<string, DisplayRow>();
    const unknown: (typeof sessions)[number][] = [];
    for (const session of sessions) {
      const known = this.kept.get(keyOf(session));
      if (known) found.set(session.id, known);
      else unknown.push(session);
    }
    if (unknown.length === 0) return found;
    const read = await findDisplays(this.database, unknown);
    for (const session of unknown) {
      const display = read.get(session.id);
      if (!display) continue;
      this.kept.set(keyOf(session), display);
      found.set(session.id, display);
    }
    return found;
  }
}

const keyOf = ({ templateId, templateVersion }: Pick<BareSessionRow, "templateId" | "templateVersion">): string =>
  `${templateId}/${templateVersion}`;
