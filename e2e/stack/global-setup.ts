import type { FullConfig } from "@playwright/test";
import { api } from "./api";
import { removeSessionsOf } from "./engine";
import { startStack } from "./stack";

/** One stack for each worker's journeys; their addresses travel in the environment, as Playwright's workers are processes of their own. */
export default async function globalSetup({ workers }: FullConfig): Promise<() => Promise<void>> {
  const stacks = await Promise.all(Array.from({ length: workers }, () => startStack()));
  for (const [worker, stack] of stacks.entries()) {
    await api(stack.url).untilAgentIs("online");
    process.env[`BERTH_E2E_URL_${worker}`] = stack.url;
    process.env[`BERTH_E2E_DATA_DIR_${worker}`] = stack.dataDir;
  }
  return async () => {
    for (const stack of stacks) {
      await removeSessionsOf(stack);
      await stack.stop();
    }
  };
}
