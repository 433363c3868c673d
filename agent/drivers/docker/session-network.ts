/** The bridge that sessions are on: their own, without talk between neighbours. */
import type Docker from "dockerode";
import { engineError, statusOf } from "./engine-errors";
import { LABEL } from "./labels";

export const SESSION_NETWORK = "berth-sessions";

export interface SessionNetwork {
  readonly id: string;
  /** The bridge's interface on the engine's host. */
  readonly bridge: string;
}

export async function ensureNetwork(docker: Docker, engine: string): Promise<SessionNetwork> {
  const there = await inspectNetwork(docker, engine);
  if (there) return there;
  try {
    await docker.createNetwork({
      Name: SESSION_NETWORK,
      CheckDuplicate: true,
      Driver: "bridge",
      Options: { "com.docker.network.bridge.enable_icc": "false" },
      Labels: { [LABEL.network]: "sessions" },
    });
  } catch (error) {
    // Another agent on this engine made it at the same time.
    if (statusOf(error) !== 409) throw engineError(error, `create network ${SESSION_NETWORK}`, engine);
  }
  const made = await inspectNetwork(docker, engine);
  if (!made) throw engineError(new Error("it is not there after it was made"), `create network ${SESSION_NETWORK}`, engine);
  return made;
}

async function inspectNetwork(docker: Docker, engine: string): Promise<SessionNetwork | null> {
  try {
    const { Id, Options } = await docker.getNetwork(SESSION_NETWORK).inspect();
    if (Options?.["com.docker.network.bridge.enable_icc"] !== "false") {
      const advice = `network ${SESSION_NETWORK} lets sessions talk to each other; remove it, and the agent makes it anew`;
      throw engineError(new Error(advice), "keep sessions apart", engine);
    }
    return { id: Id, bridge: Options["com.docker.network.bridge.name"] ?? `br-${Id.slice(0, 12)}` };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw engineError(error, `look for network ${SESSION_NETWORK}`, engine);
  }
}
