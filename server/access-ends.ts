import type { OpenSockets } from "./http/open-sockets";
import type { Bus } from "./platform/bus";
import type { Clock } from "./platform/clock";
import type { Log } from "./platform/log";
import type { TunnelBroker } from "./tunnel/tunnel-broker";

/** How long access may outlive its grant where the bus lost the word of it. */
const SWEEP_MS = 5_000;

export interface AccessEndsParts {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly sockets: OpenSockets;
  readonly broker: Pick<TunnelBroker, "endAgent">;
  /** UUIDs of the agents that have something open here, and those of them that were revoked or are gone. */
  agentsHere(): readonly string[];
  revokedAgents(agentIds: readonly string[]): Promise<readonly string[]>;
  /** Ends an agent's channel. */
  disconnect(agentId: string, reason: string): void;
  /** The epoch that a user's access must have now; null when they may not come in at all. */
  accessEpoch(userId: string): Promise<number | null>;
  /** Those of the logins that have ended: signed out, or API tokens that were revoked or have expired. */
  endedLogins(loginIds: readonly string[]): Promise<readonly string[]>;
}

/** Ends open sockets with the access that let them in: at once by the bus, within seconds whatever happens. Returns how to stop. */
export function accessEnds(parts: AccessEndsParts): () => void {
  const { bus, clock, log, sockets, broker } = parts;
  const recheck = async (userId: string) => {
    try {
      sockets.endUser(userId, await parts.accessEpoch(userId), "your access has changed");
    } catch (error) {
      log.warn({ err: error, userId }, "access could not be checked again; the next sweep does");
    }
  };
  const endAgent = (agentId: string) => {
    parts.disconnect(agentId, "its access was revoked");
    broker.endAgent(agentId);
  };
  const unsubscribe = bus.subscribe((event) => {
    if (event.kind === "access") void recheck(event.userId);
    if (event.kind === "logout") sockets.endLogin(event.loginId, "this login has ended");
    if (event.kind === "agent_revoked") endAgent(event.agentId);
  });
  const sweep = clock.every(SWEEP_MS, async () => {
    for (const userId of sockets.userIds()) await recheck(userId);
    try {
      for (const loginId of await parts.endedLogins(sockets.loginIds())) sockets.endLogin(loginId, "this login has ended");
      for (const agentId of await parts.revokedAgents(parts.agentsHere())) endAgent(agentId);
    } catch (error) {
      log.warn({ err: error }, "logins or agents could not be checked again; the next sweep does");
    }
  });
  return () => {
    unsubscribe();
    sweep.cancel();
  };
}
