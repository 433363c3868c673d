import { BerthError } from "@berth/protocol/errors";
import { type Listener, listenersSchema, PORTS, PORTS_PATH, portPath } from "@berth/protocol/session-ports";
import type { z } from "zod";
import type { Bus } from "../../../platform/bus";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { TicketsService } from "../../users/tickets-service";
import type { Asker } from "../../users/users-schema";
import type { AgentRequests } from "../inside/agent-requests";
import { placeOf, type SessionPlace } from "../inside/session-reach";
import { demandRunning } from "../running-session";
import { insertEvent } from "../sessions-store";
import { likelyKind } from "./likely-kind";
import { demandPortOpen, demandPortReason, type PortRules, type PortRulesDeps, type PortSession } from "./port-rules";
import {
  type forgetPortInput,
  type openPortInput,
  type openPortOutput,
  portKindSchema,
  type SessionPort,
  type savedPortSchema,
  type savePortInput,
  type sessionPortsOutput,
} from "./ports-schema";
import { countSavedPorts, deleteSavedPort, findSavedPorts, upsertSavedPort } from "./ports-store";

const MAX_SAVED = 100;
const MAX_ANSWER_BYTES = 256 * 1024;

export interface PortsDeps extends Pick<PortRulesDeps, "database" | "clock"> {
  readonly bus: Bus;
  readonly audit: AuditService;
  readonly tickets: TicketsService;
  readonly agentApi: AgentRequests;
  readonly rules: PortRules;
  readonly origins: PortOrigins;
}

/** Where sessions' ports are, in a browser. */
export interface PortOrigins {
  /** An absolute URL. */
  origin(sessionId: string, port: number): string;
  /** Where a ticket lets one in: an absolute URL. */
  entry(sessionId: string, port: number | null, ticket: string): string;
}

type Found = Pick<z.output<typeof sessionPortsOutput>, "detection" | "problem"> & { readonly listeners: readonly Listener[] };

/** Ports of sessions: who listens, what was written down, and the right to open one. Everything asks the policy itself. */
export class PortsService {
  constructor(private readonly deps: PortsDeps) {}

  /** What is written down, and who listens now where that can be told. Throws SESSION_NOT_FOUND, AUTH_INSUFFICIENT_PERMISSIONS, PORTS_OFF. */
  async list(asker: Asker, id: string): Promise<z.output<typeof sessionPortsOutput>> {
    const session = await this.deps.rules.find(asker, id);
    const [saved, { listeners, ...found }] = await Promise.all([findSavedPorts(this.deps.database, session.row.id), this.detect(session)]);
    const listening = new Map(listeners.map((listener) => [listener.port, listener]));
    const written = new Map(saved.map((one) => [one.port, one]));
    const numbers = [...new Set([...listening.keys(), ...written.keys()])].sort((one, other) => one - other);
    const ports = numbers.map((port): SessionPort => {
      const [listener, kept] = [listening.get(port), written.get(port)];
      return {
        port,
        name: kept?.name ?? "",
        kind: kept ? portKindSchema.parse(kept.kind) : likelyKind(port),
        saved: kept !== undefined,
        listening: listener?.reach ?? null,
        process: listener?.process ?? null,
        display: port === session.display.port,
        url: this.deps.origins.origin(session.row.id, port),
      };
    });
    return { ports, ...found };
  }

  /** Writes a port down, or changes its name and kind. Throws PORT_LIMIT, and as `list`. */
  async save(asker: Asker, input: z.output<typeof savePortInput>): Promise<z.output<typeof savedPortSchema>> {
    const session = await this.deps.rules.find(asker, input.id);
    const { row } = session;
    const { port, name, kind } = input;
    await this.deps.database.$transaction(async (tx) => {
      await upsertSavedPort(tx, { sessionId: row.id, port, name, kind });
      if ((await countSavedPorts(tx, row.id)) > MAX_SAVED)
        throw new BerthError("PORT_LIMIT", `'${row.name}' has ${MAX_SAVED} ports written down already; remove one first`);
      await this.record(tx, asker, session, "ports.save", { port, name, kind });
    });
    await this.changed(session);
    return { port, name, kind };
  }

  /** Throws PORT_NOT_FOUND, and as `list`. */
  async forget(asker: Asker, { id, port }: z.output<typeof forgetPortInput>): Promise<void> {
    const session = await this.deps.rules.find(asker, id);
    await this.deps.database.$transaction(async (tx) => {
      if (!(await deleteSavedPort(tx, session.row.id, port)))
        throw new BerthError("PORT_NOT_FOUND", `Port ${port} is not written down for '${session.row.name}'`);
      await this.record(tx, asker, session, "ports.forget", { port });
    });
    await this.changed(session);
  }

  /** The right to open one, once and soon. Another's asks for a reason, which is audited and stands in the owner's timeline. */
  async openTicket(asker: Asker, { id, port, kind, reason }: z.output<typeof openPortInput>): Promise<z.output<typeof openPortOutput>> {
    const { database, clock, bus, tickets, rules, origins } = this.deps;
    const session = await rules.find(asker, id);
    const { row, foreign } = session;
    demandPortOpen(session, port);
    demandPortReason(session, reason);
    if (kind === "tcp") placeOf(row, clock.now(), PORTS);
    else demandRunning(row, clock.now());
    const { ticket, expiresAt } = await database.$transaction(async (tx) => {
      if (foreign) {
        await this.record(tx, asker, session, "ports.open", { port, kind, reason: reason ?? "" });
        const message = `${asker.username} (administrator) asked to open port ${port} of this session: ${reason}`;
        await insertEvent(tx, { sessionId: row.id, at: clock.now(), kind: "port_opened", message, actorId: asker.userId });
      }
      return tickets.issue(tx, {
        purpose: kind === "tcp" ? "port" : "app",
        userId: asker.userId,
        loginId: asker.loginId,
        sessionId: row.id,
        mode: kind,
        port,
        note: foreign ? (reason ?? null) : null,
      });
    });
    if (foreign) await bus.publish({ kind: "session", sessionId: row.id, userId: row.userId, agentId: row.agentId });
    const url = kind === "tcp" ? `/api/v1/sessions/${row.id}/${portPath(port)}?ticket=${ticket}` : origins.entry(row.id, port, ticket);
    return { url, expiresAt };
  }

  private async detect({ row }: PortSession): Promise<Found> {
    let place: SessionPlace;
    try {
      place = placeOf(row, this.deps.clock.now(), PORTS);
    } catch (error) {
      if (!(error instanceof BerthError)) throw error;
      const asleep = error.code === "SESSION_NOT_RUNNING" || error.code === "SESSION_TERMINATING";
      return { listeners: [], detection: asleep ? "asleep" : "unknown", problem: error.message };
    }
    try {
      const { listeners } = listenersSchema.parse(JSON.parse(await this.ask(place)));
      return { listeners, detection: "done", problem: null };
    } catch (error) {
      const problem = error instanceof BerthError ? error.message : `The answer of agent '${place.agentName}' was not understood`;
      return { listeners: [], detection: "unknown", problem };
    }
  }

  private async ask(place: SessionPlace): Promise<string> {
    const { body } = await this.deps.agentApi.request(place, { method: "GET", path: PORTS_PATH });
    let text = "";
    for await (const chunk of body) {
      text += String(chunk);
      if (text.length > MAX_ANSWER_BYTES) break;
    }
    return text;
  }

  private record(
    tx: Parameters<AuditService["record"]>[0],
    asker: Asker,
    { row, foreign }: PortSession,
    action: string,
    details: Record<string, string | number>,
  ): Promise<void> {
    return this.deps.audit.record(tx, actorOf(asker), {
      action,
      target: { kind: "session", id: row.id },
      details: { name: row.name, owner: foreign ? row.user.username : null, ...details },
    });
  }

  private changed({ row }: PortSession): Promise<void> {
    return this.deps.bus.publish({ kind: "inside", sessionId: row.id, userId: row.userId, about: "ports" });
  }
}
