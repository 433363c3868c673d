/** What a page costs PostgreSQL when the table is a hundred times as long: the statements of the stores themselves, explained. */
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { z } from "zod";
import { findAuditPage } from "../../server/modules/audit/audit-store";
import { findSessions } from "../../server/modules/sessions/session-list-store";
import { PrismaClient } from "../../server/platform/db/generated/client";

export interface PlanRow {
  readonly rows: number;
  readonly question: string;
  /** The scan that the page's rows come from, in PostgreSQL's words. */
  readonly scan: string;
  /** Rows that were looked at to find the page. */
  readonly looked: number;
  readonly buffers: number;
  readonly executionMs: number;
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Subplan Name"?: string | undefined;
  readonly "Index Name"?: string | undefined;
  readonly "Relation Name"?: string | undefined;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number | undefined;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly Plans?: PlanNode[] | undefined;
}
const nodeSchema: z.ZodType<PlanNode> = z.lazy(() =>
  z.object({
    "Node Type": z.string(),
    "Subplan Name": z.string().optional(),
    "Index Name": z.string().optional(),
    "Relation Name": z.string().optional(),
    "Actual Rows": z.number(),
    "Actual Loops": z.number(),
    "Rows Removed by Filter": z.number().optional(),
    "Shared Hit Blocks": z.number(),
    "Shared Read Blocks": z.number(),
    Plans: z.array(nodeSchema).optional(),
  }),
);
const explained = z.tuple([z.object({ "QUERY PLAN": z.tuple([z.object({ Plan: nodeSchema, "Execution Time": z.number() })]) })]);

const LIMIT = 50;
const newest = { page: 1, limit: LIMIT, sort: "createdAt", order: "desc" } as const;

/**
 * Copies of the sessions that are there, older ones each time, and an audit entry for each, until there are `rows`: sessions of the past, which
 * have ended. That many that go on would be a fleet of thousands of hosts, and keep the control plane's own work busy while it is asked.
 */
export async function lengthen(database: pg.Client, rows: number): Promise<void> {
  const columns = `"userId", "templateId", "templateVersion", "agentId", platform, generation, "hibernateMode", "hibernateModes",
    "memoryBytes", "cpuMillicores", "persistentHome", "idleTimeoutSeconds", tags, "updatedAt"`;
  const { rows: counted } = await database.query<{ n: string }>(`SELECT count(*) AS n FROM "Session"`);
  const there = Number(counted[0]?.n ?? 0);
  await database.query(
    `INSERT INTO "Session" (id, name, "createdAt", desired, observed, ${columns})
     SELECT gen_random_uuid(), s.name || '-' || copy, s."createdAt" - copy * interval '60 days', 'terminated', 'removed', ${columns}
     FROM "Session" s, generate_series(1, $1::int) copy LIMIT $2`,
    [Math.ceil(rows / there), rows - there],
  );
  await database.query(
    `INSERT INTO "AuditEntry" (at, "actorKind", "actorId", "actorName", action, "targetKind", "targetId", address)
     SELECT s."createdAt", 'user', s."userId", 'admin', 'sessions.create', 'session', s.id, '203.0.113.9' FROM "Session" s
     WHERE NOT EXISTS (SELECT FROM "AuditEntry" a WHERE a."targetId" = s.id::text)`,
  );
  await database.query("VACUUM ANALYZE");
}

/** Asks the stores for their pages and PostgreSQL how it found them. */
export async function explainPages(url: string): Promise<PlanRow[]> {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 1 }), log: [{ emit: "event", level: "query" }] });
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  const asked: { query: string; params: string }[] = [];
  prisma.$on("query", (event) => asked.push(event));
  try {
    const half = await middle(database);
    const questions: readonly [string, "Session" | "AuditEntry", () => Promise<unknown>][] = [
      ["sessions, the first page", "Session", () => findSessions(prisma, {}, newest)],
      ["sessions, by cursor in the middle", "Session", () => findSessions(prisma, {}, { ...newest, cursor: half.session })],
      [
        "sessions of one person, by cursor",
        "Session",
        () => findSessions(prisma, { userId: half.userId }, { ...newest, cursor: half.session }),
      ],
      ["sessions, running, with a tag", "Session", () => findSessions(prisma, { state: "running", tags: ["demo"] }, newest)],
      ["audit log, by cursor in the middle", "AuditEntry", () => findAuditPage(prisma, {}, { page: 1, limit: LIMIT, cursor: half.audit })],
    ];
    const found: PlanRow[] = [];
    const { rows: counted } = await database.query<{ n: string }>(`SELECT count(*) AS n FROM "Session"`);
    for (const [question, table, ask] of questions) {
      asked.length = 0;
      await ask();
      const page = asked.find(({ query }) => query.includes("WITH page") || query.includes(`FROM "public"."${table}"`));
      if (!page) throw new Error(`no statement was seen for: ${question}`);
      const { rows } = await database.query(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${page.query}`,
        z.array(z.unknown()).parse(JSON.parse(page.params)),
      );
      const { Plan, "Execution Time": executionMs } = explained.parse(rows)[0]["QUERY PLAN"][0];
      const scan = scanOf(pageOf(Plan), table);
      found.push({
        rows: Number(counted[0]?.n ?? 0),
        question,
        scan: [scan["Node Type"], scan["Index Name"]].filter(Boolean).join(" "),
        looked: Math.round((scan["Actual Rows"] + (scan["Rows Removed by Filter"] ?? 0)) * scan["Actual Loops"]),
        buffers: Plan["Shared Hit Blocks"] + Plan["Shared Read Blocks"],
        executionMs,
      });
    }
    return found;
  } finally {
    await database.end();
    await prisma.$disconnect();
  }
}

/** Cursors as the stores seal them, and the person with the most sessions. */
async function middle(database: pg.Client): Promise<{ session: string; audit: string; userId: string }> {
  const at = async (sql: string) => {
    const { rows } = await database.query<{ a: string; b: string }>(sql);
    if (!rows[0]) throw new Error("there are no rows");
    return rows[0];
  };
  const iso = (column: string) => `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  const session = await at(
    `SELECT ${iso('"createdAt"')} AS a, id::text AS b FROM "Session" ORDER BY "createdAt" DESC, id DESC OFFSET (SELECT count(*) / 2 FROM "Session") LIMIT 1`,
  );
  const audit = await at(
    `SELECT ${iso("at")} AS a, id::text AS b FROM "AuditEntry" ORDER BY at DESC, id DESC OFFSET (SELECT count(*) / 2 FROM "AuditEntry") LIMIT 1`,
  );
  const person = await at(`SELECT "userId"::text AS a, '' AS b FROM "Session" GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`);
  const sealed = (...texts: string[]) => Buffer.from(JSON.stringify(texts)).toString("base64url");
  return {
    session: sealed("sessions by createdAt desc", session.a, session.b),
    audit: sealed("audit desc", audit.a, audit.b),
    userId: person.a,
  };
}

/** The part of a plan that says which rows are on the page, where a statement reads them by themselves. */
const pageOf = (plan: PlanNode): PlanNode => allOf(plan).find((one) => one["Subplan Name"] === "CTE page") ?? plan;

function allOf(plan: PlanNode): PlanNode[] {
  const all = [plan];
  for (const one of all) all.push(...(one.Plans ?? []));
  return all;
}

function scanOf(node: PlanNode, table: string): PlanNode {
  const all = allOf(node);
  const scan = all.find((one) => one["Relation Name"] === table);
  if (scan) {
    // A bitmap's index is named below it.
    const index = scan["Index Name"] ?? all.find((one) => one["Node Type"] === "Bitmap Index Scan")?.["Index Name"];
    return scan["Node Type"] === "Bitmap Heap Scan" ? { ...scan, "Index Name": index } : scan;
  }
  throw new Error(`the plan does not read ${table}`);
}
