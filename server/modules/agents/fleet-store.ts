import { platformSchema } from "@berth/protocol/session-states";
import { z } from "zod";
import type { Database, Tx } from "../../platform/database";
import { Prisma } from "../../platform/db/generated/client";
import type { Reservation } from "./agents-store";

/** As JSON writes a `timestamp`, which is UTC and does not say so. */
const moment = z
  .string()
  .transform((text) => new Date(`${text}Z`))
  .nullable();
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
    revokedAt: moment,
    approvedAt: moment,
    createdAt: z.string().transform((text) => new Date(`${text}Z`)),
    reserved: z.object({ sessions: z.number(), cpuMillicores: z.number(), memoryBytes: z.number() }),
  }),
);
/** What an agent's status and the room on it follow from: of a large fleet, all else is read of one page at most. */
export type FleetRow = Omit<z.output<typeof rowsSchema>[number], "reserved">;
export type RoomRow = FleetRow & { readonly reserved: Reservation };

/**
 * Agents that were not revoked, all or these, by name, with what is promised on each to sessions that are meant to run or still hold memory.
 * One text that PostgreSQL makes: of a thousand agents, rows through Prisma cost five times as much.
 */
export async function findRoom(db: Tx | Database, ids?: readonly string[]): Promise<RoomRow[]> {
  const these = (column: Prisma.Sql) => (ids ? Prisma.sql`${column} = ANY(${[...ids]}::uuid[])` : Prisma.sql`${column} IS NOT NULL`);
  const [row] = await db.$queryRaw<{ agents: string }[]>`
    SELECT coalesce(json_agg(row_to_json(one) ORDER BY one."name"), '[]')::text AS "agents" FROM (
      SELECT a."id", a."name", a."platform", a."region", a."labels", coalesce(a."capabilities", ARRAY[]::text[]) AS "capabilities", a."maxCpu", a."maxMemory", a."maxSessions", a."connectionId",
        a."connectedAt", a."disconnectedAt", a."disconnectReason", a."lastHeartbeatAt", a."heartbeatIntervalSeconds", a."draining", a."drainStartedAt",
        a."degradedReason", a."revokedAt", a."approvedAt", a."createdAt",
        json_build_object('sessions', coalesce(r."sessions", 0), 'cpuMillicores', coalesce(r."cpu", 0), 'memoryBytes', coalesce(r."memory", 0)) AS "reserved"
      FROM "Agent" a LEFT JOIN (
        SELECT s."agentId", count(*) AS "sessions", sum(s."cpuMillicores") AS "cpu", sum(s."memoryBytes") AS "memory" FROM "Session" s
        WHERE ${these(Prisma.sql`s."agentId"`)}
          AND (s."desired" = 'running' OR s."desired" IN ('hibernated', 'terminated') AND s."observed" IN ('starting', 'running', 'frozen'))
        GROUP BY s."agentId"
      ) r ON r."agentId" = a."id"
      WHERE a."revokedAt" IS NULL AND ${these(Prisma.sql`a."id"`)}
    ) one`;
  return rowsSchema.parse(JSON.parse(row?.agents ?? "[]"));
}
