import { platformSchema } from "@berth/protocol/session-states";
import { z } from "zod";
import type { Database, Tx } from "../../platform/database";
import { Prisma } from "../../platform/db/generated/client";
import type { Reservation } from "./agents-store";

/** Milliseconds since 1970: seven thousand moments as text would be a third of what a thousand agents cost. */
const moment = z.number().nullable();
const rowsSchema = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    platform: platformSchema,
    region: z.string().nullable(),
    labels: z.unknown(),
    capabilities: z.array(z.string()),
    maxCpu: z.number().nullable(),
    maxMemory: z.number().nullable(),
    maxSessions: z.number().nullable(),
    connectionId: z.string().nullable(),
    connectedAt: moment,
    disconnectedAt: moment,
    disconnectReason: z.string().nullable(),
    lastHeartbeatAt: moment,
    heartbeatIntervalSeconds: z.number(),
    draining: z.boolean(),
    drainStartedAt: moment,
    degradedReason: z.string().nullable(),
    approvedAt: moment,
    createdAt: z.number(),
    reserved: z.object({ sessions: z.number(), cpuMillicores: z.number(), memoryBytes: z.number() }),
  }),
);
type Moments = "connectedAt" | "disconnectedAt" | "lastHeartbeatAt" | "drainStartedAt" | "approvedAt";
type Read = z.output<typeof rowsSchema>[number];
/** What an agent's status and the room on it follow from: of a large fleet, all else is read of one page at most. */
export type FleetRow = Omit<Read, "reserved" | "createdAt" | Moments> &
  Readonly<Record<Moments | "revokedAt", Date | null>> & { readonly createdAt: Date };
export type RoomRow = FleetRow & { readonly reserved: Reservation };

const dateOf = (moment: number | null): Date | null => (moment === null ? null : new Date(moment));
const roomRow = ({ connectedAt, disconnectedAt, lastHeartbeatAt, drainStartedAt, approvedAt, createdAt, ...rest }: Read): RoomRow => ({
  ...rest,
  connectedAt: dateOf(connectedAt),
  disconnectedAt: dateOf(disconnectedAt),
  lastHeartbeatAt: dateOf(lastHeartbeatAt),
  drainStartedAt: dateOf(drainStartedAt),
  approvedAt: dateOf(approvedAt),
  createdAt: new Date(createdAt),
  revokedAt: null,
});

/**
 * Agents that were not revoked, all or these, by name, with what is promised on each to sessions that are meant to run or still hold memory.
 * One text that PostgreSQL makes: of a thousand agents, twenty thousand values one by one are what it would cost most to read.
 */
export async function findRoom(db: Tx | Database, ids?: readonly string[]): Promise<RoomRow[]> {
  const these = (column: Prisma.Sql) => (ids ? Prisma.sql`${column} = ANY(${[...ids]}::uuid[])` : Prisma.sql`${column} IS NOT NULL`);
  const ms = (column: Moments | "createdAt") => Prisma.raw(`(extract(epoch FROM a."${column}") * 1000)::float8 AS "${column}"`);
  const [row] = await db.$queryRaw<{ agents: string }[]>`
    SELECT coalesce(json_agg(row_to_json(one) ORDER BY one."name"), '[]')::text AS "agents" FROM (
      SELECT a."id", a."name", a."platform", a."region", a."labels", coalesce(a."capabilities", ARRAY[]::text[]) AS "capabilities", a."maxCpu", a."maxMemory", a."maxSessions", a."connectionId",
        ${ms("connectedAt")}, ${ms("disconnectedAt")}, a."disconnectReason", ${ms("lastHeartbeatAt")}, a."heartbeatIntervalSeconds", a."draining", ${ms("drainStartedAt")},
        a."degradedReason", ${ms("approvedAt")}, ${ms("createdAt")},
        json_build_object('sessions', coalesce(r."sessions", 0), 'cpuMillicores', coalesce(r."cpu", 0), 'memoryBytes', coalesce(r."memory", 0)) AS "reserved"
      FROM "Agent" a LEFT JOIN (
        SELECT s."agentId", count(*) AS "sessions", sum(s."cpuMillicores") AS "cpu", sum(s."memoryBytes") AS "memory" FROM "Session" s
        WHERE ${these(Prisma.sql`s."agentId"`)}
          AND (s."desired" = 'running' OR s."desired" IN ('hibernated', 'terminated') AND s."observed" IN ('starting', 'running', 'frozen'))
        GROUP BY s."agentId"
      ) r ON r."agentId" = a."id"
      WHERE a."revokedAt" IS NULL AND ${these(Prisma.sql`a."id"`)}
    ) one`;
  return rowsSchema.parse(JSON.parse(row?.agents ?? "[]")).map(roomRow);
}
