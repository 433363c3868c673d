/** What payloads and results hold, read one field at a time: the pages that show them load no schema library. */
export type Read = Readonly<Record<string, unknown>>;

export const textAt = (record: Read, name: string): string | null => {
  const value = record[name];
  return typeof value === "string" ? value : null;
};

export const numberAt = (record: Read, name: string): number | null => {
  const value = record[name];
  return typeof value === "number" ? value : null;
};

export const isTrueAt = (record: Read, name: string): boolean => record[name] === true;

/** The texts of a list; nothing where there is no list. */
export const textsAt = (record: Read, name: string): string[] => listAt(record, name).filter((value) => typeof value === "string");

/** The records of a list; nothing where there is no list. */
export const recordsAt = (record: Read, name: string): Read[] => listAt(record, name).filter(isRecord);

/** Names and texts of a record; nothing where there is none. */
export function pairsAt(record: Read, name: string): [string, string][] {
  const value = record[name];
  return isRecord(value) ? Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === "string") : [];
}

/** `registry/name:tag`, as the engine is asked for it. */
export function imageWords(payload: Read): string | null {
  const [image, tag, digest] = [textAt(payload, "image"), textAt(payload, "tag"), textAt(payload, "digest")];
  if (image === null) return null;
  return digest ? `${image}@${digest}` : `${image}:${tag ?? "latest"}`;
}

function listAt(record: Read, name: string): unknown[] {
  const value = record[name];
  return Array.isArray(value) ? value : [];
}

const isRecord = (value: unknown): value is Read => typeof value === "object" && value !== null && !Array.isArray(value);
