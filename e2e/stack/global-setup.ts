import { api } from "./api";
import { removeSessionsOf } from "./engine";
import { startStack } from "./stack";

/** One stack for all journeys; its address travels in the environment, as Playwright's workers are processes of their own. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const stack = await startStack();
  await api(stack.url).untilAgentIs("online");
  process.env.BERTH_E2E_URL = stack.url;
  process.env.BERTH_E2E_DATA_DIR = stack.dataDir;
  return async () => {
    await removeSessionsOf(stack);
    await stack.stop();
  };
}
