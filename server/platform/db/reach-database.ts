/** For small programs beside the control plane (backup, a new password): the same database, whether Berth runs or not. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Log } from "../log";
import { embeddedUrl, startEmbeddedPostgres } from "./embedded-postgres";
import { findPostgresBinaries } from "./embedded-postgres-binaries";
import { ownerLives } from "./postgres-ownership";
import { postgresHome } from "./unprivileged-postgres";

export interface ReachedDatabase {
  readonly url: string;
  /** Of an embedded one: the folder that holds `data`. Null: a server of the operator's own. */
  readonly folder: string | null;
  /** Stops it if it was started for this. */
  close(): Promise<void>;
}

/** The operator's own server, the embedded one that runs, or the embedded one started for as long as this takes. */
export async function reachDatabase(config: { databaseUrl: string | null; dataDir: string }, log: Log): Promise<ReachedDatabase> {
  if (config.databaseUrl !== null) return { url: config.databaseUrl, folder: null, close: async () => {} };
  const { folder } = postgresHome(resolve(config.dataDir), await findPostgresBinaries());
  if (ownerLives(folder)) return { url: urlOfRunning(folder), folder, close: async () => {} };
  const server = await startEmbeddedPostgres({ dataDir: config.dataDir, log });
  return { url: server.url, folder, close: () => server.stop() };
}

/** PostgreSQL writes down where its socket is: the fifth line of its pid file. */
function urlOfRunning(folder: string): string {
  const socketFolder = readFileSync(join(folder, "data", "postmaster.pid"), "utf8")
    .split("\n")[4]
    ?.trim();
  if (!socketFolder) throw new Error(`The database in ${folder} is just starting or stopping: try again in a moment`);
  return embeddedUrl(socketFolder);
}
