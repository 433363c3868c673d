import { KEPT_LOGS, LOGS, type ToAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { LOG_TAIL_ALL, LOG_TAIL_MAX, type LogLine, type LogStream } from "@berth/protocol/tunnel";
import type { z } from "zod";
import type { Bus } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import type { Database } from "../../../platform/database";
import { enforce } from "../../../platform/verdict";
import { actorOf } from "../../audit/audit-actor";
import type { AuditService } from "../../audit/audit-service";
import type { Asker } from "../../users/users-schema";
import { isOver } from "../session-status";
import { maySessions } from "../sessions-policy";
import type { readLogsInput, readLogsOutput } from "../sessions-schema";
import { sessionMissing } from "../sessions-service";
import { findSession, insertEvent, type SessionRow } from "../sessions-store";
import type { SharesService } from "../sharing/shares-service";
import { linesAfter, type PlacedLine, readPlace, withPlaces } from "./log-places";

export interface LogGrant {
  readonly agentId: string;
  readonly agentName: string;
  request(tunnel: { id: string; secret: string }): ToAgent;
}

export interface OpenLog {
  readonly lines: AsyncIterable<LogLine>;
  close(): void;
}

/** The way to the agent; the composition root has it. */
export interface LogReader {
  open(grant: LogGrant, signal?: AbortSignal): Promise<OpenLog>;
}

interface AskedLog {
  readonly tail: number;
  readonly follow: boolean;
  readonly since?: string | undefined;
  readonly stream?: LogStream | undefined;
}

export interface FollowedLog extends Omit<AskedLog, "tail"> {
  readonly id: string;
  /** Default: all that there is. */
  readonly tail?: number | undefined;
  /** The place of the last line that whoever asks has (`PlacedLine`); null: from where the rest says. */
  readonly after: string | null;
  /** 403 where elsewhere another's session looks as if it weren't there. */
  readonly refusesStrangers?: boolean;
}

export interface LogsDeps {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly shares: SharesService;
  readonly logReader: LogReader;
}

/** What is answered at once, in bytes of text: where the lines that were asked for are more, the oldest are left out. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const READ_TIMEOUT_MS = 20_000;

/** What sessions' containers print. It may hold what its owner typed: it is the owner's, and an administrator's who stands in the audit log. */
export class LogsService {
  constructor(private readonly deps: LogsDeps) {}

  /** Call when the policy allows `logs`. Throws LOGS_NOT_FOUND, AGENT_OFFLINE, AGENT_TOO_OLD and what the tunnel throws. */
  async read(
    asker: Asker,
    { id, tail, timestamps, since, stream }: z.output<typeof readLogsInput>,
  ): Promise<z.output<typeof readLogsOutput>> {
    const row = await this.find(id);
    const log = await this.open(asker, row, { tail, follow: false, since, stream });
    let timedOut = false;
    const late = this.deps.clock.after(READ_TIMEOUT_MS, () => {
      timedOut = true;
      log.close();
    });
    const logs: string[] = [];
    let bytes = 0;
    try {
      for await (const line of log.lines) {
        const text = lineText(line, timestamps);
        logs.push(text);
        bytes += Buffer.byteLength(text);
        while (bytes > MAX_ANSWER_BYTES) bytes -= Buffer.byteLength(logs.shift() ?? "");
      }
    } catch (error) {
      if (timedOut)
        throw new BerthError(
          "TUNNEL_TIMEOUT",
          `The log of '${row.name}' did not come within ${READ_TIMEOUT_MS / 1000} s; ask for fewer lines`,
        );
      throw error;
    } finally {
      late.cancel();
      log.close();
    }
    return { logs };
  }

  /** Asks the policy itself. The lines go on until the container ends; whoever follows closes. Throws as `read` does, and as the policy says. */
  async follow(
    asker: Asker,
    { id, refusesStrangers, after, ...asked }: FollowedLog,
    signal?: AbortSignal,
  ): Promise<{ readonly name: string; readonly lines: AsyncIterable<PlacedLine>; close(): void }> {
    const row = await this.find(id);
    const invited = row.userId !== asker.userId && (await this.deps.shares.invitationOf(asker.userId, row.id)) !== null;
    const verdict = maySessions(asker, "logs", row, invited);
    enforce(refusesStrangers && verdict === "hidden" ? "refused" : verdict, () => sessionMissing(id), "read what this session prints");
    const resumed = after === null ? null : readPlace(after);
    const what = { ...asked, ...(resumed ? { tail: LOG_TAIL_ALL, since: resumed.readFrom } : {}) };
    const log = await this.open(asker, row, { ...what, tail: what.tail ?? LOG_TAIL_ALL }, signal);
    const placed = withPlaces(log.lines);
    return { name: row.name, lines: resumed ? linesAfter(placed, resumed) : placed, close: () => log.close() };
  }

  private async find(id: string): Promise<SessionRow> {
    const row = await findSession(this.deps.database, id);
    if (!row) throw sessionMissing(id);
    return row;
  }

  private async open(asker: Asker, row: SessionRow, what: AskedLog, signal?: AbortSignal): Promise<OpenLog> {
    const { agent } = row;
    const keeps = agent?.capabilities.includes(KEPT_LOGS) === true;
    if (isOver(row) && !(keeps && row.generation > 0)) throw gone(row);
    if (!agent) throw new BerthError("LOGS_NOT_FOUND", `'${row.name}' has not been started yet, so it has printed nothing`);
    if (!agent.connectionId)
      throw new BerthError("AGENT_OFFLINE", `Agent '${agent.name}' is offline; the log of '${row.name}' is on its host`);
    if (!agent.capabilities.includes(LOGS))
      throw new BerthError("AGENT_TOO_OLD", `Agent '${agent.name}' is too old to read logs; update it`);
    if (what.stream && !keeps)
      throw new BerthError(
        "AGENT_TOO_OLD",
        `Agent '${agent.name}' is too old to tell stdout from stderr; update it, or leave 'stream' out`,
      );
    const since = what.since === undefined ? undefined : new Date(what.since).toISOString();
    const { follow, stream } = what;
    const asked = keeps ? { tail: what.tail, follow, since, stream } : { tail: Math.min(what.tail, LOG_TAIL_MAX), follow };
    const request = ({ id, secret }: { id: string; secret: string }): ToAgent => ({
      type: "logs_request",
      tunnel_id: id,
      tunnel_secret: secret,
      session_id: row.id,
      ...asked,
    });
    const log = await this.deps.logReader.open({ agentId: agent.id, agentName: agent.name, request }, signal).catch((error: unknown) => {
      throw error instanceof BerthError && error.code === "SESSION_NOT_FOUND" ? gone(row) : error;
    });
    if (row.userId !== asker.userId) {
      await this.tell(asker, row, what.follow).catch((error: unknown) => {
        log.close();
        throw error;
      });
    }
    // An older agent does not know of it.
    return since !== undefined && !keeps ? { ...log, lines: linesSince(log.lines, since), close: () => log.close() } : log;
  }

  /** Nobody reads another's log unseen. */
  private async tell(asker: Asker, row: SessionRow, follow: boolean): Promise<void> {
    const { database, bus, clock, audit } = this.deps;
    await database.$transaction(async (tx) => {
      const details = { name: row.name, ownerId: row.userId, follow };
      await audit.record(tx, actorOf(asker), { action: "sessions.read_logs", target: { kind: "session", id: row.id }, details });
      const message = `${asker.username} (administrator) ${follow ? "follows" : "read"} what this session prints`;
      await insertEvent(tx, { sessionId: row.id, at: clock.now(), kind: "logs_read", message, actorId: asker.userId });
    });
    await bus.publish({ kind: "session", sessionId: row.id, userId: row.userId, agentId: row.agentId });
  }
}

const gone = (row: SessionRow) =>
  new BerthError("LOGS_NOT_FOUND", `'${row.name}' has no container on its host, and what it printed is not kept there, or no longer`);

async function* linesSince(lines: AsyncIterable<LogLine>, since: string): AsyncGenerator<LogLine> {
  for await (const line of lines) if (line.at === null || line.at >= since) yield line;
}

/** As people read it. */
export const lineText = ({ at, text }: Pick<LogLine, "at" | "text">, timestamps: boolean): string =>
  timestamps && at !== null ? `${at} ${text}` : text;
