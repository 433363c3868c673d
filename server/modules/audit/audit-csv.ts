import type { AuditEntry } from "./audit-schema";

const columns = [
  ["id", (entry) => entry.id],
  ["at", (entry) => entry.at.toISOString()],
  ["actor_kind", (entry) => entry.actorKind],
  ["actor_name", (entry) => entry.actorName],
  ["actor_token", (entry) => entry.actorToken],
  ["action", (entry) => entry.action],
  ["target_kind", (entry) => entry.targetKind],
  ["target_id", (entry) => entry.targetId],
  ["address", (entry) => entry.address],
  ["result", (entry) => entry.result],
  ["details", (entry) => JSON.stringify(entry.details)],
] as const satisfies readonly (readonly [string, (entry: AuditEntry) => string | null])[];

/**
 * One cell of RFC 4180. What a spreadsheet would take for a formula (names and addresses are written by whoever signs in) begins with an
 * apostrophe, which spreadsheets show as text: also after blanks, and in the full-width forms that some of them read alike.
 */
export function csvCell(text: string): string {
  const harmless = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(harmless) || harmless !== harmless.trim() ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

const line = (cells: readonly (string | null)[]): string => `${cells.map((cell) => csvCell(cell ?? "")).join(",")}\r\n`;

export const auditCsvHead: string = line(columns.map(([name]) => name));
export const auditCsvLine = (entry: AuditEntry): string => line(columns.map(([, of]) => of(entry)));
