import type { FromAgentOf } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { Bus } from "../../platform/bus";
import type { Database } from "../../platform/database";
import { Gathered } from "../../platform/gathered";
import type { Log } from "../../platform/log";
import type { SessionsInbox } from "../sessions/sessions-inbox";
import type { TasksService } from "../tasks/tasks-service";
import { agentStatus } from "./agent-status";
import { findAgentsById } from "./agents-store";
import { withGiven } from "./given-labels";
import { closeConnections, writeRegistrations } from "./presence-store";

export interface Arrival {
  readonly agentId: string;
  readonly connectionId: string;
  readonly at: Date;
  readonly message: FromAgentOf<"register">;
}

export interface Departure {
  readonly agentId: string;
  readonly connectionId: string;
  readonly at: Date;
  readonly reason: string;
}

export interface PresencesDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly log: Log;
  readonly tasks: TasksService;
  readonly sessionsInbox: SessionsInbox;
}

/** Agents come and go: written together, since a fleet that lost its control plane comes back all at once. */
export class Presences {
  private readonly arrivals = new Gathered(
    (batch: readonly Arrival[]) => this.arrive(batch),
    ({ agentId }) => agentId,
  );
  private readonly departures = new Gathered(
    (batch: readonly Departure[]) => this.depart(batch),
    ({ agentId }) => agentId,
  );

  constructor(private readonly deps: PresencesDeps) {}

  /** Resolves with the interval of its heartbeats, in seconds, when the agent's connection is written. Throws AUTH_TOKEN_INVALID for one that was revoked. */
  async arrived(arrival: Arrival): Promise<number> {
    const seconds = await this.arrivals.ask(arrival);
    if (seconds === null)
      throw new BerthError("AUTH_TOKEN_INVALID", `The access of '${arrival.message.agent_id}' was revoked; enrol the agent again`);
    return seconds;
  }

  /** Only the agent's current connection counts: an old one that ends late changes nothing. */
  async departed(departure: Departure): Promise<void> {
    await this.departures.ask(departure);
  }

  private async arrive(batch: readonly Arrival[]): Promise<(number | null)[]> {
    const { database, tasks, sessionsInbox } = this.deps;
    const ids = batch.map(({ agentId }) => agentId);
    const before = new Map((await findAgentsById(database, ids)).map((row) => [row.id, row]));
    const seconds = await writeRegistrations(
      database,
      batch.flatMap(({ agentId, connectionId, at, message }) => {
        const row = before.get(agentId);
        return row ? [{ ...message, ...withGiven(row, message), agentId, connectionId, at }] : [];
      }),
    );
    await tasks.resendAll(ids);
    const offline = batch.filter(({ agentId, at }) => {
      const row = before.get(agentId);
      return row && agentStatus(row, at).status === "offline";
    });
    await sessionsInbox.agentsReturned(offline.map(({ agentId }) => agentId));
    this.tell([...seconds.keys()]);
    return ids.map((id) => seconds.get(id) ?? null);
  }

  private async depart(batch: readonly Departure[]): Promise<boolean[]> {
    const current = await closeConnections(this.deps.database, batch);
    this.tell(current);
    return batch.map(({ agentId }) => current.includes(agentId));
  }

  /** Not awaited: the channel counts an agent as connected once its arrival is answered, and only then has the dispatcher something to send to it. */
  private tell(agentIds: readonly string[]): void {
    this.deps.bus
      .publish(...agentIds.map((agentId) => ({ kind: "agent" as const, agentId })))
      .catch((error: unknown) => this.deps.log.warn({ err: error }, "nobody was told that agents came or went"));
  }
}
