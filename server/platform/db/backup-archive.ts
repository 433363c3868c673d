/**
 * A backup of DATA_DIR as one `.tar.gz`, made while Berth runs or not, and put back into an empty folder. The database is copied file by file
 * between PostgreSQL's own marks (pg_backup_start and pg_backup_stop), with the log that makes the copy consistent; nothing waits for it.
 */
import { spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import pg from "pg";
import { z } from "zod";
import type { Log } from "../log";
import { findPostgresBinaries } from "./embedded-postgres-binaries";
import { reachDatabase } from "./reach-database";
import { postgresHome } from "./unprivileged-postgres";

/** Made anew at a start, or harmful in a copy (they say which server is running). */
const leftOut = [
  "postmaster.pid",
  "postmaster.opts",
  "pg_wal/*",
  "pg_replslot/*",
  "pg_dynshmem/*",
  "pg_notify/*",
  "pg_serial/*",
  "pg_snapshots/*",
  "pg_stat_tmp/*",
  "pg_subtrans/*",
  "pgsql_tmp*",
];
/** Of DATA_DIR: the database goes its own way, and these are of no use elsewhere. */
const notKept = ["./postgres", "./logs", "./notices.json", "./local-agent-token", "./agent/sessions"];

const stopSchema = z.object({ labelfile: z.string(), spcmapfile: z.string() });

/** Writes `file`, which must not be there yet. Home volumes are in the container engine, and no part of it. */
export async function writeBackup(options: { dataDir: string; file: string; log: Log }): Promise<void> {
  const dataDir = resolve(options.dataDir);
  const file = resolve(options.file);
  if (existsSync(file)) throw new Error(`${file} is there already: name another file`);
  if (!existsSync(dataDir)) throw new Error(`There is no data in ${dataDir}: nothing to back up`);
  mkdirSync(dirname(file), { recursive: true });
  const work = mkdtempSync(join(dirname(file), ".berth-backup-"));
  const database = await reachDatabase({ databaseUrl: null, dataDir }, options.log);
  try {
    if (database.folder === null) throw new Error("Only the embedded database is backed up");
    const archive = join(work, "backup.tar");
    await tar(["-cf", archive, ...notKept.map((path) => `--exclude=${path}`), "-C", dataDir, "."]);
    await addDatabase({ url: database.url, data: join(database.folder, "data"), archive, work });
    await run("gzip", ["-1", archive]);
    chmodSync(`${archive}.gz`, 0o600);
    renameSync(`${archive}.gz`, file);
  } finally {
    await database.close();
    rmSync(work, { recursive: true, force: true });
  }
}

async function addDatabase({ url, data, archive, work }: { url: string; data: string; archive: string; work: string }): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: "berth backup" });
  await client.connect();
  try {
    // The slot keeps the log that the copy needs for as long as this connection lives.
    await client.query("SELECT pg_create_physical_replication_slot($1, true, true)", [`berth_backup_${process.pid}`]);
    await client.query("SELECT pg_backup_start('berth', fast => true)");
    const inside = ["--transform=s,^,./postgres/data/,", ...leftOut.map((path) => `--exclude=${path}`), "-C", data];
    await tar(["-rf", archive, ...inside, ...readdirSync(data).filter((name) => name !== "postmaster.pid")]);
    const { rows } = await client.query("SELECT labelfile, spcmapfile FROM pg_backup_stop(wait_for_archive => false)");
    const { labelfile, spcmapfile } = stopSchema.parse(rows[0]);
    const added = join(work, "added");
    mkdirSync(join(added, "pg_wal"), { recursive: true, mode: 0o700 });
    writeFileSync(join(added, "backup_label"), labelfile, { mode: 0o600 });
    if (spcmapfile) writeFileSync(join(added, "tablespace_map"), spcmapfile, { mode: 0o600 });
    await tar([
      "-rf",
      archive,
      "--transform=s,^,./postgres/data/,",
      "-C",
      added,
      ...readdirSync(added).filter((name) => name !== "pg_wal"),
    ]);
    const log = readdirSync(join(data, "pg_wal")).filter((name) => /^[0-9A-F]{24}$/.test(name));
    await tar(["-rf", archive, "--transform=s,^,./postgres/data/pg_wal/,", "-C", join(data, "pg_wal"), ...log]);
  } finally {
    await client.end();
  }
}

/** Puts a backup into `dataDir`, which must be empty or missing, and starts its database once to see that it is whole. */
export async function restoreBackup(options: { file: string; dataDir: string; log: Log }): Promise<{ users: number; sessions: number }> {
  const dataDir = resolve(options.dataDir);
  if (!existsSync(options.file)) throw new Error(`There is no file ${options.file}`);
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    throw new Error(`${dataDir} is not empty: name a folder that is (DATA_DIR=… npm run restore -- FILE), so that nothing is overwritten`);
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  await run("tar", ["-xzf", resolve(options.file), "--no-same-owner", "-C", dataDir]);
  chmodSync(dataDir, 0o700);
  await settleDatabase(dataDir);
  const database = await reachDatabase({ databaseUrl: null, dataDir }, options.log);
  try {
    return await countRows(database.url);
  } finally {
    await database.close();
  }
}

/** Folders that a copy leaves out must be there, and where PostgreSQL runs as a user of its own, its files are moved there. */
async function settleDatabase(dataDir: string): Promise<void> {
  const restored = join(dataDir, "postgres", "data");
  if (!existsSync(join(restored, "PG_VERSION"))) throw new Error("The archive holds no database of Berth's");
  for (const name of ["pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans"]) {
    mkdirSync(join(restored, name), { recursive: true, mode: 0o700 });
  }
  chmodSync(restored, 0o700);
  const home = postgresHome(dataDir, await findPostgresBinaries());
  if (!home.user) return;
  const place = join(home.folder, "data");
  if (existsSync(place)) throw new Error(`${place} is not empty: it belongs to another database of this DATA_DIR; move it away first`);
  await run("cp", ["-a", restored, place]);
  rmSync(restored, { recursive: true });
  await run("chown", ["-R", `${home.user.uid}:${home.user.gid}`, place]);
  chownSync(home.folder, home.user.uid, home.user.gid);
}

async function countRows(url: string): Promise<{ users: number; sessions: number }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(
      `SELECT (SELECT count(*)::int FROM "User" WHERE "username" <> '~warm-pool') AS users, (SELECT count(*)::int FROM "Session") AS sessions`,
    );
    return z.object({ users: z.number(), sessions: z.number() }).parse(rows[0]);
  } finally {
    await client.end();
  }
}

/** GNU tar answers 1 when a file changed or went while it was read: expected of a database that is in use. */
const tar = (args: string[]) =>
  run("tar", ["--numeric-owner", "--sparse", "--warning=no-file-changed", "--warning=no-file-removed", ...args], [0, 1]);

function run(command: string, args: string[], accepted: readonly number[] = [0]): Promise<void> {
  return new Promise((settle, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
    let words = "";
    child.stderr.on("data", (part: Buffer) => {
      words = (words + part.toString("utf8")).slice(-2000);
    });
    child.once("error", (cause) => reject(new Error(`${command} can't be run: ${cause.message}`, { cause })));
    child.once("close", (code) => {
      if (code !== null && accepted.includes(code)) settle();
      else reject(new Error(`${command} ended with ${code}: ${words.trim()}`));
    });
  });
}
