/** The sessions' network together with the firewall rules that this agent keeps for it. */
import type Docker from "dockerode";
import type { Log } from "../../log";
import type { EnginePlace } from "./engine-place";
import { addressesOf, applyIsolation, hostNameServers, isIsolated, removeIsolation } from "./network-isolation";
import { ensureNetwork, type SessionNetwork } from "./session-network";

export interface IsolatedNetworkParts {
  readonly docker: Docker;
  readonly engine: string;
  readonly agent: string;
  readonly controlPlaneHost: string | null;
  readonly log: Log;
  place(): Promise<EnginePlace>;
}

export class IsolatedNetwork {
  readonly #parts: IsolatedNetworkParts;
  #ruled: SessionNetwork | null = null;
  #words = "not tried yet";
  #last: Promise<void> = Promise.resolve();

  constructor(parts: IsolatedNetworkParts) {
    this.#parts = parts;
  }

  /** Whether the isolation holds, in words for operators. */
  get isolation(): string {
    return this.#words;
  }

  /** Makes sure of the network and its rules before a session starts: another program may have removed either. */
  ensure(): Promise<void> {
    return this.#inTurn(async () => {
      const { docker, engine, agent } = this.#parts;
      const network = await ensureNetwork(docker, engine);
      if (network.id !== this.#ruled?.id || !(await isIsolated(network, agent))) await this.#rule(network);
    });
  }

  /** As `ensure`, with the rules made anew: other programs and a restarted engine change the firewall too. */
  renew(): Promise<void> {
    return this.#inTurn(async () => this.#rule(await ensureNetwork(this.#parts.docker, this.#parts.engine)));
  }

  /** Takes this agent's rules away. Only where it has no sessions left; other agents on the engine keep theirs. */
  leave(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#ruled) await removeIsolation(this.#ruled, this.#parts.agent);
      this.#ruled = null;
    });
  }

  async #rule(network: SessionNetwork): Promise<void> {
    const { agent, controlPlaneHost, log, place } = this.#parts;
    if (!(await place()).sharesNetwork) {
      this.#words = "sessions are kept from each other; from the engine's host only by its own firewall";
      return;
    }
    const controlPlane = controlPlaneHost ? await addressesOf(controlPlaneHost) : [];
    const problem = await applyIsolation({ network, agent, controlPlane, nameServers: await hostNameServers() });
    this.#words = problem ? `sessions are kept from each other, but not from this host: ${problem}` : "full";
    this.#ruled = network;
    if (problem) log.warn({ problem }, "sessions can reach services of this host");
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
