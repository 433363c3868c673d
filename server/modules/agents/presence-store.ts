/** Comings, goings and heartbeats of a whole fleet: many agents in one statement. */
import type { FromAgentOf, ResourceUsage } from "@berth/protocol/agent-messages";
import { z } from "zod";
import type { Database, Tx } from "../../platform/database";
import { Prisma } from "../../platform/db/generated/client";
import type { AgentRow } from "./agents-store";

/** Rows of agents in the one order in which several are ever taken at once: two statements about the same fleet wait for each other and never both. */
export const heldAgents = (ids: readonly string[]) =>
  Prisma.sql`held AS MATERIALIZED (SELECT "id" AS "heldId" FROM "Agent" WHERE "id" = ANY(${[...ids]}::uuid[]) ORDER BY "id" FOR NO KEY UPDATE)`;

const idRows = z.array(z.object({ id: z.string() }));

export interface RegistrationWrite extends Omit<FromAgentOf<"register">, "labels" | "capabilities"> {
  readonly agentId: string;
  readonly connectionId: string;
  readonly at: Date;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly capabilities: readonly string[] | undefined;
}

/** What is not said stays as it was. Answers the intervals of their heartbeats, in seconds; an agent that is gone, or was revoked since its credential was looked at, has none. */
export async function writeRegistrations(db: Database, writes: readonly RegistrationWrite[]): Promise<Map<string, number>> {
  const rows = writes.map(({ agentId, connectionId, at, platform, region, version, labels, capabilities, metadata, capacity }) => ({
    ...{ id: agentId, connectionId, at: at.toISOString(), platform, region, version, labels, capabilities, metadata },
    ...{ maxCpu: capacity.max_cpu, maxMemory: capacity.max_memory, maxSessions: capacity.max_sessions },
  }));
  const written = await db.$queryRaw`
    WITH ${heldAgents(writes.map(({ agentId }) => agentId))}
    UPDATE "Agent" SET
      "platform" = r."platform"::"AgentPlatform",
      "region" = coalesce(r."region", "Agent"."region"),
      "version" = coalesce(r."version", "Agent"."version"),
      "labels" = coalesce(r."labels", "Agent"."labels"),
      "capabilities" = coalesce(r."capabilities", "Agent"."capabilities"),
      "metadata" = r."metadata",
      "maxCpu" = r."maxCpu",
      "maxMemory" = r."maxMemory",
      "maxSessions" = r."maxSessions",
      "connectionId" = r."connectionId",
      "connectedAt" = r."at"::timestamp,
      "disconnectedAt" = NULL,
      "disconnectReason" = NULL,
      "lastHeartbeatAt" = r."at"::timestamp,
      "degradedReason" = NULL,
      "updatedAt" = r."at"::timestamp
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS r("id" uuid, "connectionId" text, "at" text, "platform" text, "region" text, "version" text, "labels" jsonb, "capabilities" text[],
        "metadata" jsonb, "maxCpu" float8, "maxMemory" float8, "maxSessions" float8)
    JOIN held ON held."heldId" = r."id"
    WHERE "Agent"."id" = held."heldId" AND "Agent"."revokedAt" IS NULL
    RETURNING "Agent"."id", "Agent"."heartbeatIntervalSeconds" AS "seconds"`;
  const parsed = z.array(z.object({ id: z.string(), seconds: z.number() })).parse(written);
  return new Map(parsed.map(({ id, seconds }) => [id, seconds]));
}

/** Only the connection that is an agent's current one may end it. Answers the agents whose was. */
export async function closeConnections(
  db: Database,
  closed: readonly { agentId: string; connectionId: string; at: Date; reason: string }[],
): Promise<string[]> {
  const rows = closed.map(({ agentId, connectionId, at, reason }) => ({ id: agentId, connectionId, at: at.toISOString(), reason }));
  const written = await db.$queryRaw`
    WITH ${heldAgents(closed.map(({ agentId }) => agentId))}
    UPDATE "Agent" SET "connectionId" = NULL, "disconnectedAt" = r."at"::timestamp, "disconnectReason" = r."reason", "updatedAt" = r."at"::timestamp
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r("id" uuid, "connectionId" text, "at" text, "reason" text)
    JOIN held ON held."heldId" = r."id"
    WHERE "Agent"."id" = held."heldId" AND "Agent"."connectionId" = r."connectionId"
    RETURNING "Agent"."id"`;
  return idRows.parse(written).map(({ id }) => id);
}

/**
 * These, and every agent that is not plainly online and told so: `agentStatus` has something else to say of it, or may have. Of a fleet that
 * is well these are few.
 */
export async function findAgentsOfNote(db: Database, ids: readonly string[], missedIntervals: number, now: Date): Promise<AgentRow[]> {
  const found = await db.$queryRaw`
    SELECT "id" FROM "Agent" WHERE "id" = ANY(${[...ids]}::uuid[]) OR (
      "revokedAt" IS NULL AND "approvedAt" IS NOT NULL AND "connectionId" IS NOT NULL AND "connectedAt" IS NOT NULL
      AND NOT "draining" AND "degradedReason" IS NULL AND "toldStatus" = 'online'
      AND greatest("connectedAt", "lastHeartbeatAt") + "heartbeatIntervalSeconds" * ${missedIntervals}::int * interval '1 second' > ${now.toISOString()}::timestamp
    ) IS NOT TRUE`;
  const noted = idRows.parse(found).map(({ id }) => id);
  return noted.length === 0 ? [] : db.agent.findMany({ where: { id: { in: noted } }, orderBy: { name: "asc" } });
}

/** Answers those that no other control plane told first. */
export async function markTold(
  tx: Tx,
  told: readonly { id: string; before: string | null; presence: string }[],
): Promise<ReadonlySet<string>> {
  const written = await tx.$queryRaw`
    WITH ${heldAgents(told.map(({ id }) => id))}
    UPDATE "Agent" SET "toldStatus" = r."presence"
    FROM jsonb_to_recordset(${JSON.stringify(told)}::jsonb) AS r("id" uuid, "before" text, "presence" text)
    JOIN held ON held."heldId" = r."id"
    WHERE "Agent"."id" = held."heldId" AND "Agent"."toldStatus" IS NOT DISTINCT FROM r."before"
    RETURNING "Agent"."id"`;
  return new Set(idRows.parse(written).map(({ id }) => id));
}

export interface HeartbeatWrite {
  readonly agentId: string;
  readonly at: Date;
  readonly resourceUsage: ResourceUsage | null;
  readonly degradedReason: string | null;
  /** Null: not told. */
  readonly clockSkewMs: number | null;
}

/** Many agents' heartbeats in one statement. */
export async function writeHeartbeats(db: Database, writes: readonly HeartbeatWrite[]): Promise<void> {
  const rows = writes.map((write) => ({
    id: write.agentId,
    at: write.at.toISOString(),
    usage: write.resourceUsage,
    degraded: write.degradedReason,
    skew: write.clockSkewMs,
  }));
  await db.$executeRaw`
    WITH ${heldAgents(writes.map(({ agentId }) => agentId))}
    UPDATE "Agent" SET
      "lastHeartbeatAt" = beat."at"::timestamp,
      "resourceUsage" = coalesce(beat."usage", "Agent"."resourceUsage"),
      "degradedReason" = beat."degraded",
      "clockSkewMs" = coalesce(beat."skew", "Agent"."clockSkewMs")
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS beat("id" uuid, "at" text, "usage" jsonb, "degraded" text, "skew" int)
    JOIN held ON held."heldId" = beat."id"
    WHERE "Agent"."id" = held."heldId" AND "Agent"."revokedAt" IS NULL`;
}
