/** `npm run backup`: writes a backup of DATA_DIR. Run by scripts/backup.mjs. */
import { loadConfig } from "./config";
import { writeBackup } from "./platform/db/backup-archive";
import { createLog } from "./platform/log";

const config = loadConfig(process.env);
const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "");
const file = process.argv[2] ?? `berth-backup-${stamp}Z.tar.gz`;
if (config.databaseUrl !== null) {
  console.error("DATABASE_URL is set: back that server up with its own tools (pg_dump), and DATA_DIR by copying it.");
  process.exit(1);
}
try {
  await writeBackup({ dataDir: config.dataDir, file, log: createLog("warn") });
  console.log(
    `Wrote ${file}. It holds passwords' hashes and keys: keep it closed. Home volumes are in the container engine and not in it.`,
  );
} catch (error) {
  console.error(`The backup was not made: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
