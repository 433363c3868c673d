import { z } from "zod";
import type { Database } from "../../platform/database";

/** Of one agent in one minute. */
export interface UsageSample {
  readonly agentId: string;
  readonly at: Date;
  readonly cpu: number;
  readonly memory: number;
  readonly disk: number | null;
  readonly sessions: number;
}

/** Many agents' samples in one statement. An agent that is gone by now is left out, and a minute that is written already stays. */
export async function insertUsage(db: Database, samples: readonly UsageSample[]): Promise<void> {
  const rows = JSON.stringify(samples.map((sample) => ({ ...sample, at: sample.at.toISOString() })));
  await db.$executeRaw`
    INSERT INTO "AgentUsage" ("agentId", "at", "cpu", "memory", "disk", "sessions")
    SELECT "Agent"."id", sample."at"::timestamp, sample."cpu", sample."memory", sample."disk", sample."sessions"
    FROM jsonb_to_recordset(${rows}::jsonb)
      AS sample("agentId" uuid, "at" text, "cpu" float8, "memory" float8, "disk" float8, "sessions" int)
    JOIN "Agent" ON "Agent"."id" = sample."agentId"
    ON CONFLICT DO NOTHING`;
}

export const deleteUsageBefore = (db: Database, before: Date) => db.agentUsage.deleteMany({ where: { at: { lt: before } } });

const rowsSchema = z.array(
  z.object({ seconds: z.number(), cpu: z.number(), memory: z.number(), disk: z.number().nullable(), sessions: z.number() }),
);

/** Means over steps of so many seconds, oldest first; of the sessions the most. */
export async function findUsage(db: Database, agentId: string, since: Date, stepSeconds: number): Promise<Omit<UsageSample, "agentId">[]> {
  const found = await db.$queryRaw`
    SELECT floor(extract(epoch FROM "at") / ${stepSeconds}::int) * ${stepSeconds}::int::float8 AS "seconds",
      avg("cpu") AS "cpu", avg("memory") AS "memory", avg("disk") AS "disk", max("sessions") AS "sessions"
    FROM "AgentUsage" WHERE "agentId" = ${agentId}::uuid AND "at" >= ${since.toISOString()}::timestamp
    GROUP BY 1 ORDER BY 1`;
  return rowsSchema.parse(found).map(({ seconds, ...sample }) => ({ ...sample, at: new Date(seconds * 1000) }));
}
