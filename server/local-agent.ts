import { existsSync, rmSync, writeFileSync } from "node:fs";
import type { RegistrationTokensService } from "./modules/agents/registration-tokens-service";

/** `agent_id` of the agent that `npm start` runs on the control plane's own machine. */
export const LOCAL_AGENT = "local";

/** Leaves a one-time registration token in `file` (mode 0600) for the agent of this machine, unless it is enrolled already. */
export async function offerLocalAgent(file: string, registrationTokens: RegistrationTokensService): Promise<void> {
  const token = await registrationTokens.createForThisMachine(LOCAL_AGENT);
  if (token !== null) writeFileSync(file, token, { mode: 0o600 });
  else if (existsSync(file)) rmSync(file);
}
