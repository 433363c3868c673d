/** Developer's tool: `diff` tells whether the migrations reach the schema (exit 2 when not); `create NAME` writes what is missing. */

import { inRoot } from "./lib/paths.mjs";
import { openSchemaEngine } from "./lib/schema-engine.mjs";

const [command, name] = process.argv.slice(2);
const engine = () => openSchemaEngine({ schemaDirectory: inRoot("prisma/schema"), migrationsDirectory: inRoot("prisma/migrations") });

if (command === "diff") {
  const sql = await (await engine()).missingSql();
  if (sql === null) {
    console.log("The migrations reach the schema.");
    process.exit(0);
  }
  console.log(`The migrations don't reach the schema. Missing:\n\n${sql}\nMake them: node scripts/migrate.mjs create <name>`);
  process.exit(2);
}
if (command === "create" && name && /^[a-z0-9_]+$/.test(name)) {
  const folder = await (await engine()).createMigration(name, new Date());
  console.log(
    folder
      ? `Wrote prisma/migrations/${folder}/migration.sql: read it before you commit it.`
      : "Nothing to do: the migrations reach the schema.",
  );
  process.exit(0);
}
console.error("Usage: node scripts/migrate.mjs diff | create <name> (lower-case letters, digits, underscores)");
process.exit(64);
