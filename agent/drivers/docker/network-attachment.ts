/**
 * When a session gets its network. Giving a container an address, a resolver and firewall rules takes the engine a tenth of a second and
 * more, which a person would wait for in front of an empty screen. A display on a unix socket needs no network: such a container starts
 * without any, and is joined to the sessions' network soon after its display is there, or after a second where that takes longer. Until
 * then it reaches nobody at all, so the firewall rules are made sure of in between.
 */
import type Docker from "dockerode";
import { engineError } from "./engine-errors";
import type { IsolatedNetwork } from "./isolated-network";
import { SESSION_NETWORK } from "./session-network";

const NO_NETWORK = "none";
/** A display that takes longer may be waiting for the network itself. */
const LATEST_MS = 1000;
/** The engine's work would slow down the first picture of a viewer that is there already. */
const AFTER_DISPLAY_MS = 200;

export const networkAtStart = (displayBySocket: boolean): string => (displayBySocket ? NO_NETWORK : SESSION_NETWORK);

export interface Attachment {
  readonly docker: Docker;
  readonly engine: string;
  readonly network: Pick<IsolatedNetwork, "ensure">;
  readonly containerId: string;
  /** Settles when the display is ready, or won't be. */
  readonly display: Promise<void>;
}

/** Resolves when the container is on the sessions' network; one that is there already stays as it is. Rejects as `display` does. */
export async function attachNetwork({ docker, engine, network, containerId, display }: Attachment): Promise<void> {
  const shown = display.then(() => new Promise<void>((resolve) => setTimeout(resolve, AFTER_DISPLAY_MS)));
  await atLatest(shown, LATEST_MS);
  await network.ensure();
  try {
    const { NetworkSettings } = await docker.getContainer(containerId).inspect();
    if (NetworkSettings.Networks[SESSION_NETWORK]) return;
    if (NetworkSettings.Networks[NO_NETWORK]) await docker.getNetwork(NO_NETWORK).disconnect({ Container: containerId });
    await docker.getNetwork(SESSION_NETWORK).connect({ Container: containerId });
  } catch (error) {
    throw engineError(error, `give container ${containerId.slice(0, 12)} its network`, engine);
  }
}

/** As `promise`, but no later than after `ms`. */
function atLatest(promise: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
