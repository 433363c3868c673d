import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/**
 * What `npm start` and the control plane tell each other through `DATA_DIR`: `first-admin-password` (made once, printed and deleted by
 * `npm start`) and `notices.json` (what is missing on this machine, in words for the UI).
 */
export function leaveAdminPassword(dataDir: string, password: string): void {
  writeFileSync(join(dataDir, "first-admin-password"), `${password}\n`, { mode: 0o600 });
}

const noticesSchema = z.array(z.string().max(1000)).max(20);

export function readNotices(dataDir: string): string[] {
  try {
    return noticesSchema.parse(JSON.parse(readFileSync(join(dataDir, "notices.json"), "utf8")));
  } catch {
    return [];
  }
}
