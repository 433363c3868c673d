import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { Tx } from "../../platform/database";
import { type FleetAgent, fleetAgent } from "./fleet-agent";
import { findRoom, type RoomRow } from "./fleet-store";

/** How old what is kept may be of agents of which nothing was said: of those, a heartbeat, or what another replica's lost event would have told. */
const KEPT_MS = 1_000;

/**
 * The fleet as one placement after another sees it: read whole once a second, and between that only those agents of which the bus spoke.
 * So a fleet of thousands is not read for each session that starts. Whoever is chosen from it is read again (`check`): that a session goes
 * where there is no room, or to an agent that drains, is impossible by that, and that it goes to the second emptiest is not.
 * Call everything here under the placement lock.
 */
export class FleetView {
  private rows = new Map<string, RoomRow>();
  private readAt = Number.NEGATIVE_INFINITY;
  private readonly changed = new Set<string>();
  /** Sessions whose places are counted already, and whose first event tells nothing new. */
  private readonly promised = new Set<string>();

  constructor(private readonly deps: { readonly clock: Clock; readonly bus: Bus }) {
    deps.bus.beforehand((event) => {
      if (event.kind === "agent" && event.only === "usage") return;
      if (event.kind === "session" && this.promised.delete(event.sessionId)) return;
      if ((event.kind === "session" || event.kind === "agent" || event.kind === "agent_revoked") && event.agentId)
        this.changed.add(event.agentId);
    });
  }

  /** By name. */
  async read(tx: Tx): Promise<FleetAgent[]> {
    const now = this.deps.clock.now();
    const changed = [...this.changed];
    this.changed.clear();
    if (now.getTime() - this.readAt >= KEPT_MS || changed.some((id) => !this.rows.has(id))) {
      this.readAt = Number.NEGATIVE_INFINITY;
      this.promised.clear();
      this.rows = new Map((await findRoom(tx)).map((row) => [row.id, row]));
      this.readAt = now.getTime();
    } else if (changed.length > 0) await this.readAgain(tx, changed);
    return [...this.rows.values()].map((row) => fleetAgent(row, row.reserved, now));
  }

  /** The agent as this transaction sees it; null where it is gone. */
  async check(tx: Tx, agentId: string): Promise<FleetAgent | null> {
    await this.readAgain(tx, [agentId]);
    const row = this.rows.get(agentId);
    return row ? fleetAgent(row, row.reserved, this.deps.clock.now()) : null;
  }

  /** This session is being placed there: until that can be read, whoever comes next counts with it. */
  promise(agentId: string, size: { readonly cpuMillicores: number; readonly memoryBytes: number }, sessionId: string): void {
    const row = this.rows.get(agentId);
    if (!row) return;
    const { sessions, cpuMillicores, memoryBytes } = row.reserved;
    const reserved = {
      sessions: sessions + 1,
      cpuMillicores: cpuMillicores + size.cpuMillicores,
      memoryBytes: memoryBytes + size.memoryBytes,
    };
    this.rows.set(agentId, { ...row, reserved });
    this.promised.add(sessionId);
  }

  private async readAgain(tx: Tx, ids: readonly string[]): Promise<void> {
    const fresh = new Map((await findRoom(tx, ids)).map((row) => [row.id, row]));
    for (const id of ids) {
      const row = fresh.get(id);
      // One that is there stays in its place: they are kept by name.
      if (row) this.rows.set(id, row);
      else this.rows.delete(id);
    }
  }
}
