import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLog } from "../log";
import { applyMigrations } from "./apply-migrations";
import { restoreBackup, writeBackup } from "./backup-archive";
import { startEmbeddedPostgres } from "./embedded-postgres";
import { loadMasterKey } from "./master-key";

const log = createLog("silent");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-backup-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const dataDir = () => join(folder, "data");
const archive = () => join(folder, "out", "berth.tar.gz");

async function withClient<T>(url: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

async function usernames(where: string): Promise<string[]> {
  const server = await startEmbeddedPostgres({ dataDir: where, log });
  try {
    return await withClient(server.url, async (client) =>
      (await client.query(`SELECT username FROM "User" WHERE username <> '~warm-pool' ORDER BY username`)).rows.map((row) => row.username),
    );
  } finally {
    await server.stop();
  }
}

const insert = (client: pg.Client, name: string) =>
  client.query(`INSERT INTO "User" (id, username, "updatedAt") VALUES (gen_random_uuid(), $1, now())`, [name]);

test("a backup made while rows are being written is restored into an empty folder, with every row from before it", async () => {
  const server = await startEmbeddedPostgres({ dataDir: dataDir(), log });
  await applyMigrations(server.url);
  const key = loadMasterKey(null, dataDir());
  let writing = true;
  await withClient(server.url, (client) => insert(client, "ada"));
  const writer = withClient(server.url, async (client) => {
    for (let count = 0; writing; count++) await insert(client, `writer-${count}`);
  });
  await writeBackup({ dataDir: dataDir(), file: archive(), log });
  writing = false;
  await writer;
  await server.stop();

  expect(statSync(archive()).mode & 0o077).toBe(0);
  const restored = join(folder, "restored");
  const { users } = await restoreBackup({ file: archive(), dataDir: restored, log });
  expect(users).toBeGreaterThan(0);
  expect(await usernames(restored)).toContain("ada");
  expect(loadMasterKey(null, restored)).toEqual(key);
}, 60_000);

test("a backup of a stopped Berth holds all of it, and leaves it stopped", async () => {
  const server = await startEmbeddedPostgres({ dataDir: dataDir(), log });
  await applyMigrations(server.url);
  await withClient(server.url, (client) => insert(client, "ada"));
  await server.stop();
  await writeBackup({ dataDir: dataDir(), file: archive(), log });
  expect(await restoreBackup({ file: archive(), dataDir: join(folder, "restored"), log })).toEqual({ users: 1, sessions: 0 });
  expect(await usernames(dataDir())).toEqual(["ada"]);
}, 60_000);

test("nothing is overwritten: neither a file by a backup nor a folder by a restore", async () => {
  mkdirSync(join(folder, "out"));
  mkdirSync(dataDir());
  writeFileSync(archive(), "kept");
  writeFileSync(join(dataDir(), "kept"), "kept");
  await expect(writeBackup({ dataDir: dataDir(), file: archive(), log })).rejects.toThrow(/is there already/);
  await expect(restoreBackup({ file: archive(), dataDir: dataDir(), log })).rejects.toThrow(/is not empty/);
  expect(readFileSync(archive(), "utf8")).toBe("kept");
});

test("a file that is no backup is refused", async () => {
  mkdirSync(join(folder, "out"));
  writeFileSync(archive(), "not an archive");
  await expect(restoreBackup({ file: archive(), dataDir: dataDir(), log })).rejects.toThrow(/tar ended with/);
});
