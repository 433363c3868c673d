/** Applies the checked-in SQL in Prisma's own book-keeping table, so that `prisma migrate deploy` elsewhere agrees about what was done. */
import { createHash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import pg from "pg";
import { z } from "zod";

/** The key that Prisma's own engine locks: two starts at once, or a start beside a deploy, wait for each other. */
const advisoryLock = 72707369;

const appliedSchema = z.object({ migration_name: z.string(), checksum: z.string(), finished_at: z.date().nullable() });

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/**
 * Brings the database to the newest schema; answers the names of what it applied. Each migration is one transaction. Needs a session of its
 * own (no transaction pooler in between). Throws, changing nothing, when one was edited after it was applied or failed elsewhere before.
 */
export async function applyMigrations(url: string, directory = resolve("prisma/migrations")): Promise<string[]> {
  const migrations = readMigrations(directory);
  const client = new pg.Client({ connectionString: url, application_name: "berth migrations" });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [advisoryLock]);
    await client.query(`CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
      id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL,
      logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`);
    const pending = unapplied(migrations, await readApplied(client));
    for (const migration of pending) await applyOne(client, migration);
    return pending.map((migration) => migration.name);
  } finally {
    // Ending the session gives the lock back.
    await client.end();
  }
}

function readMigrations(directory: string): Migration[] {
  const names = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (names.length === 0) throw new Error(`There are no migrations in ${directory}`);
  return names
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(join(directory, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    });
}

async function readApplied(client: pg.Client): Promise<z.infer<typeof appliedSchema>[]> {
  const { rows } = await client.query(
    `SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL`,
  );
  return z.array(appliedSchema).parse(rows);
}

function unapplied(migrations: Migration[], applied: z.infer<typeof appliedSchema>[]): Migration[] {
  const known = new Set(migrations.map((migration) => migration.name));
  const newer = applied.find((row) => !known.has(row.migration_name));
  if (newer)
    throw new Error(`The database has the migration ${newer.migration_name}, which this version of Berth doesn't know: start a newer one`);
  const done = new Map(applied.map((row) => [row.migration_name, row]));
  return migrations.filter((migration) => {
    const row = done.get(migration.name);
    if (!row) return true;
    if (row.finished_at === null)
      throw new Error(`The migration ${migration.name} failed earlier: resolve it (prisma migrate resolve) and start again`);
    if (row.checksum !== migration.checksum)
      throw new Error(`The migration ${migration.name} was edited after it had been applied: restore its file`);
    return false;
  });
}

async function applyOne(client: pg.Client, migration: Migration): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count) VALUES ($1, $2, $3, now(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => {});
    throw new Error(`The migration ${migration.name} can't be applied: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
