import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { databaseUrl } from "../../testing/database-url";
import { applyMigrations } from "./apply-migrations";

let directory: string;
let url: string;
let admin: pg.Client;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-migrations-"));
  const name = `migrations_${Math.random().toString(36).slice(2, 10)}`;
  admin = new pg.Client({ connectionString: inject("postgresUrl") });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  url = databaseUrl(inject("postgresUrl"), name);
  return async () => {
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  };
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(name: string, sql: string): void {
  mkdirSync(join(directory, name), { recursive: true });
  writeFileSync(join(directory, name, "migration.sql"), sql);
}

async function query(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test("migrations are applied in the order of their names, once", async () => {
  write("2_second", "ALTER TABLE boats ADD COLUMN length INTEGER");
  write("1_first", "CREATE TABLE boats (name TEXT)");
  expect(await applyMigrations(url, directory)).toEqual(["1_first", "2_second"]);
  expect(await applyMigrations(url, directory)).toEqual([]);
  write("3_third", "INSERT INTO boats VALUES ('Ida', 7)");
  expect(await applyMigrations(url, directory)).toEqual(["3_third"]);
  expect(await query("SELECT * FROM boats")).toEqual([{ name: "Ida", length: 7 }]);
});

test("two starts at the same time apply each migration once", async () => {
  write("1_first", "CREATE TABLE boats (name TEXT); SELECT pg_sleep(0.2); INSERT INTO boats VALUES ('Ida')");
  const applied = await Promise.all([applyMigrations(url, directory), applyMigrations(url, directory), applyMigrations(url, directory)]);
  expect(applied.flat()).toEqual(["1_first"]);
  expect(await query("SELECT * FROM boats")).toHaveLength(1);
});

test("a migration that fails is named and leaves nothing of itself", async () => {
  write("1_first", "CREATE TABLE boats (name TEXT)");
  write("2_bad", "CREATE TABLE harbours (name TEXT); SELECT 1 / 0");
  await expect(applyMigrations(url, directory)).rejects.toThrow(/2_bad.*division by zero/);
  expect(await query("SELECT table_name FROM information_schema.tables WHERE table_name IN ('boats', 'harbours')")).toEqual([
    { table_name: "boats" },
  ]);
  write("2_bad", "CREATE TABLE harbours (name TEXT)");
  expect(await applyMigrations(url, directory)).toEqual(["2_bad"]);
});

test("a migration that was edited after it had been applied is refused by name", async () => {
  write("1_first", "CREATE TABLE boats (name TEXT)");
  await applyMigrations(url, directory);
  write("1_first", "CREATE TABLE boats (name TEXT, length INTEGER)");
  await expect(applyMigrations(url, directory)).rejects.toThrow(/1_first was edited/);
});

test("a database of a newer version is refused by name", async () => {
  write("1_first", "SELECT 1");
  write("2_newer", "SELECT 1");
  await applyMigrations(url, directory);
  rmSync(join(directory, "2_newer"), { recursive: true });
  await expect(applyMigrations(url, directory)).rejects.toThrow(/2_newer, which this version of Berth doesn't know/);
});
