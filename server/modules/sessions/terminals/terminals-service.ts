import { BerthError } from "@berth/protocol/errors";
import { EXEC_PATH, terminalPath, terminalSchema, terminalsSchema } from "@berth/protocol/terminal";
import type { z } from "zod";
import type { Bus } from "../../../platform/bus";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { TicketsService } from "../../users/tickets-service";
import type { Asker } from "../../users/users-schema";
import type { AgentRequests } from "../inside/agent-requests";
import { insertEvent } from "../sessions-store";
import { demandReason, type ReachDeps, type ReachedSession, reachSession } from "./terminal-reach";
import type { createTerminalInput, endTerminalInput, listTerminalsOutput, openTerminalInput, openTerminalOutput } from "./terminals-schema";

const MAX_ANSWER_BYTES = 64 * 1024;

export interface TerminalsDeps extends ReachDeps {
  readonly bus: Bus;
  readonly audit: AuditService;
  readonly tickets: TicketsService;
  readonly agentApi: AgentRequests;
}

/** Terminals inside sessions. They are the agent's: nothing of them is kept here. Everything asks the policy itself. */
export class TerminalsService {
  constructor(private readonly deps: TerminalsDeps) {}

  /** Throws as `reachSession`, and what the agent refuses with. */
  async list(asker: Asker, id: string): Promise<z.output<typeof listTerminalsOutput>> {
    const { target } = await reachSession(this.deps, asker, id);
    return this.ask(target, "GET", "terminals", terminalsSchema);
  }

  /** A shell that goes on until it is ended. Throws TERMINAL_LIMIT, SESSION_LACKS_PROGRAM, VALIDATION_FAILED without a reason, and as `list`. */
  async create(
    asker: Asker,
    { id, columns, rows, reason }: z.output<typeof createTerminalInput>,
  ): Promise<z.output<typeof terminalSchema>> {
    const reached = await reachSession(this.deps, asker, id);
    demandReason(reached, reason);
    return this.ask(reached.target, "POST", "terminals", terminalSchema, JSON.stringify({ columns, rows }));
  }

  /** Hangs up on the shell and what runs in it. Throws TERMINAL_NOT_FOUND, and as `list`. */
  async end(asker: Asker, { id, terminalId }: z.output<typeof endTerminalInput>): Promise<void> {
    const { row, target, foreign } = await reachSession(this.deps, asker, id);
    const { body } = await this.deps.agentApi.request(target, { method: "DELETE", path: terminalPath(terminalId) });
    body.resume();
    if (!foreign) return;
    const { database, audit } = this.deps;
    const details = { name: row.name, owner: row.user.username, terminal: terminalId };
    await database.$transaction((tx) =>
      audit.record(tx, actorOf(asker), { action: "terminals.ended", target: { kind: "session", id: row.id }, details }),
    );
  }

  /** The right to open its WebSocket, once and soon. */
  async openTicket(
    asker: Asker,
    { id, terminalId, reason }: z.output<typeof openTerminalInput>,
  ): Promise<z.output<typeof openTerminalOutput>> {
    const reached = await reachSession(this.deps, asker, id);
    demandReason(reached, reason);
    const { row, foreign } = reached;
    const { database, clock, bus, tickets } = this.deps;
    const { ticket, expiresAt } = await database.$transaction(async (tx) => {
      if (foreign) {
        const message = `${asker.username} (administrator) asked for a terminal in this session: ${reason}`;
        await insertEvent(tx, { sessionId: row.id, at: clock.now(), kind: "terminal_opened", message, actorId: asker.userId });
      }
      return tickets.issue(tx, {
        purpose: "terminal",
        userId: asker.userId,
        loginId: asker.loginId,
        sessionId: row.id,
        mode: terminalId ?? EXEC_PATH,
        port: null,
        note: foreign ? (reason ?? null) : null,
      });
    });
    if (foreign) await bus.publish({ kind: "session", sessionId: row.id, userId: row.userId, agentId: row.agentId });
    const path = terminalId === undefined ? EXEC_PATH : terminalPath(terminalId);
    return { url: `/api/v1/sessions/${row.id}/${path}?ticket=${ticket}`, expiresAt };
  }

  private async ask<T>(
    target: ReachedSession["target"],
    method: "GET" | "POST",
    path: string,
    schema: z.ZodType<T>,
    body?: string,
  ): Promise<T> {
    const answer = await this.deps.agentApi.request(target, { method, path, ...(body === undefined ? {} : { body }) });
    let text = "";
    for await (const chunk of answer.body) {
      text += String(chunk);
      if (text.length > MAX_ANSWER_BYTES) break;
    }
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw new BerthError("TUNNEL_FAILED", `The answer of agent '${target.agentName}' was not understood`, { cause: error });
    }
  }
}
