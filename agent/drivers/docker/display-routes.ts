/** Ways from the agent to a session's display and ports. Only to containers of its own: the address comes from the engine. */
import { connect, type Socket } from "node:net";
import { BerthError } from "@berth/protocol/errors";
import type { ContainerInspectInfo } from "dockerode";
import { connected, connectSocket, type DisplayFolders } from "./display-socket";
import { LABEL } from "./labels";
import { SESSION_NETWORK } from "./session-network";

export class DisplayRoutes {
  readonly #folders: DisplayFolders;
  readonly #publishedHost: string;
  readonly #sharesNetwork: () => boolean;

  constructor(folders: DisplayFolders, publishedHost: string, sharesNetwork: () => boolean) {
    this.#folders = folders;
    this.#publishedHost = publishedHost;
    this.#sharesNetwork = sharesNetwork;
  }

  toSocket(sessionId: string): Promise<Socket> {
    return connectSocket(this.#folders.socketOf(sessionId));
  }

  /** Connected, nothing read yet. */
  toDisplay(sessionId: string, container: ContainerInspectInfo): Promise<Socket> {
    const { Labels } = container.Config;
    if (Labels[LABEL.displayBy] === "socket") return this.toSocket(sessionId);
    return this.toPort(sessionId, container, Number(Labels[LABEL.displayPort] ?? 0));
  }

  /** `allowHalfOpen`: it may go on reading when it sends no more. */
  async toPort(sessionId: string, container: ContainerInspectInfo, port: number, allowHalfOpen = false): Promise<Socket> {
    const published = container.NetworkSettings.Ports[`${port}/tcp`]?.find((binding) => binding.HostPort);
    const address = container.NetworkSettings.Networks[SESSION_NETWORK]?.IPAddress;
    const what = `Port ${port} of session ${sessionId}`;
    if (this.#sharesNetwork() && address) return connected(connect({ host: address, port, allowHalfOpen }), what);
    if (published) return connected(connect({ host: this.#publishedHost, port: Number(published.HostPort), allowHalfOpen }), what);
    throw new BerthError(
      "DISPLAY_UNREACHABLE",
      `${what} can't be reached: the container engine is not on the agent's machine, and only its display's port is published`,
    );
  }
}
