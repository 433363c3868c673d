import type { z } from "zod";
import type { Bus } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import type { Log } from "../../../platform/log";
import { enforce } from "../../../platform/verdict";
import type { Asker } from "../../users/users-schema";
import { effectivePolicy } from "../effective-policy";
import { maySessions } from "../sessions-policy";
import { sessionMissing } from "../sessions-service";
import { findDisplays, findSession } from "../sessions-store";
import type { terminalVisitsOutput } from "./terminals-schema";

interface Open {
  readonly key: string;
  readonly sessionId: string;
  readonly ownerId: string;
  /** Of an administrator's visit. */
  readonly visit: { readonly name: string; readonly reason: string; readonly since: Date } | null;
  readonly end: () => void;
}

/** WebSockets into sessions that are open at this control plane: who visits, and what ends when a policy says that there are none. */
export class OpenTerminals {
  private readonly open = new Map<string, Open>();
  private unsubscribe: (() => void) | null = null;

  constructor(private readonly deps: { readonly database: Database; readonly bus: Bus; readonly clock: Clock; readonly log: Log }) {}

  start(): void {
    this.unsubscribe = this.deps.bus.subscribe((event) => {
      if (event.kind === "session" && this.of(event.sessionId).length > 0) void this.recheck(event.sessionId);
    });
  }

  stop(): void {
    this.unsubscribe?.();
  }

  /** Returns how to leave. */
  add(one: Open): () => void {
    this.open.set(one.key, one);
    this.tell(one);
    return () => {
      if (this.open.delete(one.key)) this.tell(one);
    };
  }

  /** For whoever may open terminals there, the owner above all. */
  async visits(asker: Asker, id: string): Promise<z.output<typeof terminalVisitsOutput>> {
    const row = await findSession(this.deps.database, id);
    if (!row) throw sessionMissing(id);
    enforce(maySessions(asker, "terminal", row), () => sessionMissing(id), "see who is inside another person's session");
    return { visits: this.of(id).flatMap(({ key, visit }) => (visit ? [{ key, ...visit }] : [])) };
  }

  private of(sessionId: string): Open[] {
    return [...this.open.values()].filter((one) => one.sessionId === sessionId);
  }

  private async recheck(id: string): Promise<void> {
    try {
      const row = await findSession(this.deps.database, id);
      const display = row && (await findDisplays(this.deps.database, [row])).get(row.id);
      if (row && display && effectivePolicy(row, display).terminals) return;
      for (const one of this.of(id)) one.end();
    } catch (error) {
      this.deps.log.warn({ err: error, sessionId: id }, "open terminals could not be held against the policy");
    }
  }

  private tell({ sessionId, ownerId, visit }: Open): void {
    if (!visit) return;
    this.deps.bus
      .publish({ kind: "viewers", sessionId, userId: ownerId, audience: [] })
      .catch((error: unknown) => this.deps.log.warn({ err: error, sessionId }, "a visit could not be told"));
  }
}
