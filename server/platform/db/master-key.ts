import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const fewestCharacters = 32;

/**
 * The key that every other is derived from: BERTH_MASTER_KEY as given, else one made at the first start and kept in `DATA_DIR/master-key`
 * (mode 0600). Losing it signs everyone out and makes encrypted credentials unreadable.
 */
export function loadMasterKey(configured: string | null, dataDir: string): Uint8Array {
  if (configured !== null) return new Uint8Array(Buffer.from(configured, "utf8"));
  const file = join(dataDir, "master-key");
  const text = readKey(file) ?? makeKey(file, dataDir);
  if (text.length < fewestCharacters) {
    throw new Error(
      `${file} is damaged (shorter than ${fewestCharacters} characters): restore it from a backup, or delete it to make a new key`,
    );
  }
  return new Uint8Array(Buffer.from(text, "utf8"));
}

function readKey(file: string): string | null {
  try {
    // Readable by others (a copy, a restored archive): closed again before it is used.
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** Appears at once and whole: of two starts at the same time one makes it, and both use that one. */
function makeKey(file: string, dataDir: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unfinished = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(unfinished, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  try {
    linkSync(unfinished, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(unfinished, { force: true });
  }
  return readKey(file) ?? "";
}
