/** `npm run admin:reset [-- USERNAME]`: a new password for an administrator, shown once; every login of theirs ends, and a second factor is taken away. Works while Berth runs. */
import { BerthError } from "@berth/protocol/errors";
import { loadConfig } from "./config";
import { AuditService } from "./modules/audit/audit-service";
import { resetAdmin } from "./modules/users/first-admin";
import { TicketsService } from "./modules/users/tickets-service";
import { systemClock } from "./platform/clock";
import { openPostgresBus } from "./platform/db/postgres-bus";
import { connectDatabase } from "./platform/db/prisma-client";
import { reachDatabase } from "./platform/db/reach-database";
import { systemIds } from "./platform/ids";
import { createLog } from "./platform/log";

const config = loadConfig(process.env);
const username = process.argv[2] ?? config.admin.username;
const log = createLog("warn");

async function reset(): Promise<void> {
  const reached = await reachDatabase(config, log);
  const database = connectDatabase(reached.url);
  try {
    const tickets = new TicketsService({ database, clock: systemClock, ids: systemIds });
    const deps = { database, ids: systemIds, audit: new AuditService({ database }), tickets };
    const { userId, madePassword } = await resetAdmin(deps, { username, password: null });
    // A control plane that runs ends the sockets of that user's logins.
    const bus = await openPostgresBus({ url: reached.url, log, clock: systemClock });
    await bus.publish({ kind: "access", userId }, { kind: "user", userId });
    await bus.close();
    console.log(
      `New password of ${username}: ${madePassword}\nIt is shown this once; every login of ${username} has ended, and a second factor is off.`,
    );
  } finally {
    await database.$disconnect();
    await reached.close();
  }
}

reset().catch((error: unknown) => {
  const hint = error instanceof BerthError ? ". Name one: npm run admin:reset -- USERNAME" : "";
  console.error(`The password was not changed: ${error instanceof Error ? error.message : String(error)}${hint}`);
  process.exitCode = 1;
});
