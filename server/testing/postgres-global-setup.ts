/** One real PostgreSQL for a whole test run, with a template database that has every migration; `testDatabase()` clones it. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { applyMigrations } from "../platform/db/apply-migrations";
import { startEmbeddedPostgres } from "../platform/db/embedded-postgres";
import { endLeftoverPostmaster, ownerLives } from "../platform/db/postgres-ownership";
import { createLog } from "../platform/log";
import { databaseUrl } from "./database-url";

const prefix = "berth-test-database-";

declare module "vitest" {
  interface ProvidedContext {
    /** The server's own database `postgres`; clones are made and removed through it. */
    postgresUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), prefix));
  // Nothing here must outlive a crash of the machine.
  const settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"];
  const server = await startEmbeddedPostgres({ dataDir: folder, log: createLog("silent"), settings });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query("CREATE DATABASE berth_template");
  await client.end();
  await applyMigrations(databaseUrl(server.url, "berth_template"));
  project.provide("postgresUrl", server.url);
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

/** A killed test run leaves its server and folder behind; the next run removes them. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(tmpdir(), name);
    const postgres = join(folder, "postgres");
    if (!hasOwner(postgres) || ownerLives(postgres)) continue;
    await endLeftoverPostmaster(postgres);
    rmSync(folder, { recursive: true, force: true });
  }
}

function hasOwner(folder: string): boolean {
  try {
    return readdirSync(folder).includes("owner.json");
  } catch {
    return false;
  }
}
