import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent } from "../../agent/agent";
import { MemoryDriver, type MemoryDriverOptions } from "../../agent/drivers/memory/memory-driver";
import { createLog } from "../../agent/log";
import type { Asker } from "../../server/modules/users/users-schema";
import { startDoorKit } from "../../server/testing/door-kit";
import { makeAsker, PASSWORD } from "../../server/testing/factories";

/** A control plane on a port of this machine, and a real agent whose sessions are in memory. Close it in `afterAll`. */
export async function startBerth(options: MemoryDriverOptions = {}) {
  const kit = await startDoorKit({ loginsPerMinute: 10_000 });
  const dataDir = await mkdtemp(join(tmpdir(), "berth-client-"));
  const driver = new MemoryDriver({ programsIn: dataDir, ...options });
  const enrolled = await kit.enrolAgent("host-a");
  const agent = createAgent({
    url: new URL(kit.origin),
    name: "host-a",
    credentials: enrolled.credentials,
    dataDir,
    driver,
    log: createLog("silent"),
  });
  await agent.start();
  await agent.untilRegistered();
  return {
    url: kit.origin,
    driver,
    callerOf: kit.callerOf,
    dataDir,
    person: async (role?: Asker["role"]) => {
      const asker = await makeAsker(kit, role);
      return { username: asker.username, password: PASSWORD, token: await kit.tokenOf(asker), asker };
    },
    /** An API token of this person's. */
    apiToken: async (asker: Asker, scope: "read" | "write") =>
      (await kit.callerOf(asker).tokens.create({ name: `a script that may ${scope}`, scope })).value,
    async close() {
      await agent.stop();
      await kit.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
