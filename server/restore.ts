/** `npm run restore -- FILE`: puts a backup into an empty DATA_DIR. Run by scripts/restore.mjs. */
import { loadConfig } from "./config";
import { restoreBackup } from "./platform/db/backup-archive";
import { createLog } from "./platform/log";

const config = loadConfig(process.env);
const file = process.argv[2];
if (!file) {
  console.error("Usage: npm run restore -- FILE   (DATA_DIR says where to; it must be empty)");
  process.exit(64);
}
try {
  const { users, sessions } = await restoreBackup({ file, dataDir: config.dataDir, log: createLog("warn") });
  console.log(`Restored into ${config.dataDir} (users: ${users}, sessions: ${sessions}). Start it with npm start.`);
} catch (error) {
  console.error(`The backup was not restored: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
