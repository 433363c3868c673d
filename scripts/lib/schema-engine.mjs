/**
 * Prisma's schema engine as WebAssembly, with an in-memory PGlite as scratch database: compares the schema with the migrations and writes new
 * ones without a network, a server or Prisma's downloaded binary. A tool for developers: production applies the checked-in SQL by itself.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import * as engineModule from "@prisma/schema-engine-wasm/schema_engine_bg";
import { PrismaPGlite } from "pglite-prisma-adapter";

/** Tables that migrations make and the Prisma schema leaves alone: other libraries own their columns. */
const tablesOutsideTheSchema = ["public.rate_limits"];
const filters = { externalTables: tablesOutsideTheSchema, externalEnums: [] };

function instantiate() {
  const require = createRequire(import.meta.url);
  const file = join(dirname(require.resolve("@prisma/schema-engine-wasm/schema_engine_bg")), "schema_engine_bg.wasm");
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), { "./schema_engine_bg.js": engineModule });
  engineModule.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

function readSchema(directory) {
  const names = readdirSync(directory).filter((name) => name.endsWith(".prisma"));
  return { files: names.sort().map((name) => ({ path: join(directory, name), content: readFileSync(join(directory, name), "utf8") })) };
}

function readMigrations(directory) {
  const names = existsSync(directory)
    ? readdirSync(directory, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : [];
  const lockfile = join(directory, "migration_lock.toml");
  return {
    baseDir: directory,
    lockfile: { path: "migration_lock.toml", content: existsSync(lockfile) ? readFileSync(lockfile, "utf8") : null },
    shadowDbInitScript: "",
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: "migration.sql",
        content: { tag: "ok", value: readFileSync(join(directory, name, "migration.sql"), "utf8") },
      },
    })),
  };
}

function scratchDatabase() {
  const factory = new PrismaPGlite(new PGlite());
  factory.connectToShadowDb ??= async () => new PrismaPGlite(new PGlite()).connect();
  return bindMigrationAwareSqlAdapterFactory(factory);
}

/** Opens the engine on a schema folder and a migrations folder. */
export async function openSchemaEngine({ schemaDirectory, migrationsDirectory }) {
  instantiate();
  const schema = readSchema(schemaDirectory);
  const engine = await engineModule.SchemaEngine.new(
    { datamodels: schema.files.map((file) => [file.path, file.content]) },
    () => {},
    scratchDatabase(),
  );
  return {
    /** The SQL that the migrations lack to reach the schema; null when they agree. */
    async missingSql() {
      const migrations = readMigrations(migrationsDirectory);
      const answer = await engine.diff({
        from: migrations.migrationDirectories.length > 0 ? { tag: "migrations", ...migrations } : { tag: "empty" },
        to: { tag: "schemaDatamodel", ...schema },
        script: true,
        exitCode: true,
        filters,
      });
      return answer.exitCode === 0 ? null : (answer.stdout ?? "");
    },
    /** Writes the missing SQL as a migration folder and answers its name; null when nothing was missing. */
    async createMigration(name, now) {
      const sql = await this.missingSql();
      if (sql === null) return null;
      const stamp = now.toISOString().replace(/\D/g, "").slice(0, 14);
      const folder = `${stamp}_${name}`;
      mkdirSync(join(migrationsDirectory, folder), { recursive: true });
      writeFileSync(join(migrationsDirectory, folder, "migration.sql"), sql);
      const lockfile = join(migrationsDirectory, "migration_lock.toml");
      if (!existsSync(lockfile))
        writeFileSync(lockfile, '# Kept under version control: it says what the migrations are written for.\nprovider = "postgresql"\n');
      return folder;
    },
  };
}
