/** `npm run ca:rotate`: a new certificate authority for the agents takes over. Works while Berth runs; it shows the new one within an hour. */
import { loadConfig } from "./config";
import { AuditService } from "./modules/audit/audit-service";
import { AuthorityService } from "./modules/identity/authority-service";
import { systemClock } from "./platform/clock";
import { loadMasterKey } from "./platform/db/master-key";
import { connectDatabase } from "./platform/db/prisma-client";
import { reachDatabase } from "./platform/db/reach-database";
import { systemIds } from "./platform/ids";
import { createLog } from "./platform/log";
import { deriveKeys } from "./platform/secrets";

const config = loadConfig(process.env);
const log = createLog("warn");

async function rotate(): Promise<void> {
  const reached = await reachDatabase(config, log);
  const database = connectDatabase(reached.url);
  try {
    const authority = new AuthorityService({
      database,
      clock: systemClock,
      ids: systemIds,
      log,
      audit: new AuditService({ database }),
      keys: deriveKeys(loadMasterKey(config.masterKey, config.dataDir)),
      renewalGraceMs: config.agentRenewalGraceMs,
    });
    const { sha256 } = await authority.rotate({ kind: "system" });
    console.log(
      `The agents' new authority has the SHA-256 ${sha256}.\nAgents learn of it when they renew, within a day; commands that were made before go on working.`,
    );
  } finally {
    await database.$disconnect();
    await reached.close();
  }
}

rotate().catch((error: unknown) => {
  console.error(`The authority was not changed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
