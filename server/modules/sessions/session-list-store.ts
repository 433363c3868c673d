import { desiredStateSchema, observedStateSchema, platformSchema, type SessionState } from "@berth/protocol/session-states";
import { z } from "zod";
import type { Database } from "../../platform/database";
import { Prisma } from "../../platform/db/generated/client";
import { dateText, Keyset, type KeysetColumn, type Order, uuidText } from "../../platform/keyset";
import { type Page, TOTAL_CAP, window } from "../../platform/paging";

const moment = z.number();
const perhaps = moment.nullable();
const rowSchema = z.object({
  id: z.string(),
  name: z.string(),
  userId: z.string(),
  user: z.object({ username: z.string() }),
  templateId: z.string(),
  templateVersion: z.number(),
  template: z.object({ name: z.string(), displayName: z.string(), icon: z.string().nullable() }),
  agentId: z.string().nullable(),
  agent: z
    .object({
      id: z.string(),
      name: z.string(),
      capabilities: z.array(z.string()).nullable(),
      connectionId: z.string().nullable(),
      connectedAt: perhaps,
      disconnectedAt: perhaps,
      disconnectReason: z.string().nullable(),
      lastHeartbeatAt: perhaps,
      heartbeatIntervalSeconds: z.number(),
      draining: z.boolean(),
      drainStartedAt: perhaps,
      degradedReason: z.string().nullable(),
      approvedAt: perhaps,
      revokedAt: perhaps,
      createdAt: moment,
    })
    .nullable(),
  health: z
    .object({
      generation: z.number(),
      health: z.string(),
      reason: z.string().nullable(),
      since: moment,
      restartAt: perhaps,
      gaveUpAt: perhaps,
    })
    .nullable(),
  platform: platformSchema,
  desired: desiredStateSchema,
  observed: observedStateSchema,
  generation: z.number(),
  hibernateMode: z.string(),
  hibernateModes: z.array(z.string()),
  memoryBytes: z.number(),
  cpuMillicores: z.number(),
  persistentHome: z.boolean(),
  homeId: z.string().nullable(),
  idleTimeoutSeconds: z.number(),
  tags: z.array(z.string()),
  failureCode: z.string().nullable(),
  failureMessage: z.string().nullable(),
  containerId: z.string().nullable(),
  podName: z.string().nullable(),
  podIp: z.string().nullable(),
  policy: z.unknown(),
  startedAt: perhaps,
  lastActivityAt: perhaps,
  createdAt: moment,
  updatedAt: moment,
});
const rowsSchema = z.array(rowSchema);
type Read = z.output<typeof rowSchema>;
const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

/** By hand: zod has no compiled way for what it changes. */
function listedRow({ agent, health, startedAt, lastActivityAt, createdAt, updatedAt, ...row }: Read) {
  return {
    ...row,
    agent: agent && {
      ...agent,
      capabilities: agent.capabilities ?? [],
      connectedAt: dateOf(agent.connectedAt),
      disconnectedAt: dateOf(agent.disconnectedAt),
      lastHeartbeatAt: dateOf(agent.lastHeartbeatAt),
      drainStartedAt: dateOf(agent.drainStartedAt),
      approvedAt: dateOf(agent.approvedAt),
      revokedAt: dateOf(agent.revokedAt),
      createdAt: new Date(agent.createdAt),
    },
    health: health && {
      ...health,
      since: new Date(health.since),
      restartAt: dateOf(health.restartAt),
      gaveUpAt: dateOf(health.gaveUpAt),
    },
    startedAt: dateOf(startedAt),
    lastActivityAt: dateOf(lastActivityAt),
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
  };
}
/** What a list shows of a session: all but what is long. */
export type ListedSessionRow = ReturnType<typeof listedRow>;

export interface SessionFilter {
  readonly ids?: readonly string[] | undefined;
  readonly userId?: string | undefined;
  readonly username?: string | undefined;
  readonly template?: string | undefined;
  readonly platform?: "docker" | "kubernetes" | undefined;
  /** Name or UUID. */
  readonly agent?: string | undefined;
  readonly state?: SessionState | undefined;
  readonly live?: boolean | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly health?: string | undefined;
  readonly search?: string | undefined;
}

const { sql } = Prisma;
type Column = KeysetColumn<ListedSessionRow, Prisma.Sql, Prisma.Sql>;
/** One that PostgreSQL compares as `type`. */
function column(name: string, type: string, of: Column["of"], check: (text: string) => unknown = (text) => text): Column {
  const there = Prisma.raw(name);
  const compared = (operator: string, text: string) => {
    check(text);
    return sql`${there} ${Prisma.raw(operator)} ${text}::text::${Prisma.raw(type)}`;
  };
  return {
    orderBy: (order) => sql`${there} ${Prisma.raw(order)}`,
    of,
    is: (text) => compared("=", text),
    beyond: (text, order) => compared(order === "asc" ? ">" : "<", text),
    from: (text, order) => compared(order === "asc" ? ">=" : "<=", text),
  };
}
const createdAt = column(`s."createdAt"`, "timestamp", (row) => row.createdAt.toISOString(), dateText.parse);
const id = column("s.id", "uuid", (row) => row.id, uuidText.parse);
const sorts = {
  createdAt: new Keyset("sessions by createdAt", [createdAt, id]),
  updatedAt: new Keyset("sessions by updatedAt", [
    column(`s."updatedAt"`, "timestamp", (row) => row.updatedAt.toISOString(), dateText.parse),
    id,
  ]),
  name: new Keyset("sessions by name", [column("s.name", "text", (row) => row.name), id]),
  user: new Keyset("sessions by user", [column("u.username", "text", (row) => row.user.username), createdAt, id]),
  state: new Keyset("sessions by state", [
    column("s.desired", `"SessionDesired"`, (row) => row.desired, desiredStateSchema.parse),
    column("s.observed", `"SessionObserved"`, (row) => row.observed, observedStateSchema.parse),
    createdAt,
    id,
  ]),
};

/** As `sessionState` has it. */
const state = sql`CASE s.desired
  WHEN 'terminated' THEN CASE WHEN s.observed = 'removed' OR (s.observed = 'failed' AND s."failureCode" IS NOT NULL) THEN 'terminated' ELSE 'terminating' END
  WHEN 'hibernated' THEN 'hibernated'
  ELSE CASE WHEN s.generation <= 1 AND s.observed IN ('absent', 'starting') THEN 'pending' ELSE 'running' END END`;
/** What a filter or an order may ask of; PostgreSQL leaves out what it doesn't. */
const parts = sql`"Session" s LEFT JOIN "User" u ON u.id = s."userId" LEFT JOIN "Template" t ON t.id = s."templateId"
  LEFT JOIN "Agent" a ON a.id = s."agentId" LEFT JOIN "SessionHealth" h ON h."sessionId" = s.id`;
const isUuid = (text: string) => uuidText.safeParse(text).success;

function conditions(filter: SessionFilter): Prisma.Sql[] {
  const { ids, userId, username, template, platform, agent, live, tags, health, search } = filter;
  const wanted = search && `%${search.replace(/[\\%_]/g, "\\$&")}%`;
  const asked: (Prisma.Sql | false | undefined | "")[] = [
    // What waits in a warm pool is nobody's yet.
    sql`s."warmAt" IS NULL`,
    ids && sql`s.id = ANY(${[...ids]}::uuid[])`,
    userId !== undefined && sql`s."userId" = ${userId}::uuid`,
    username !== undefined && sql`u.username = ${username}`,
    template !== undefined && sql`t.name = ${template}`,
    platform && sql`s.platform = ${platform}::"AgentPlatform"`,
    agent !== undefined && (isUuid(agent) ? sql`s."agentId" = ${agent}::uuid` : sql`a.name = ${agent}`),
    filter.state && sql`${state} = ${filter.state}`,
    live !== undefined && (live ? sql`${state} <> 'terminated'` : sql`${state} = 'terminated'`),
    tags && tags.length > 0 && sql`s.tags @> ${[...tags]}::text[]`,
    health !== undefined && sql`s.desired = 'running' AND s.observed = 'running' AND h.health = ${health}`,
    wanted && sql`(s.name ILIKE ${wanted} OR u.username ILIKE ${wanted} OR t."displayName" ILIKE ${wanted} OR ${search} = ANY(s.tags))`,
  ];
  return asked.filter((one) => one instanceof Prisma.Sql);
}

/** Up to one more than the cap. */
export async function countSessions(db: Database, filter: SessionFilter): Promise<number> {
  const [row] = await db.$queryRaw<{ counted: number }[]>`
    SELECT count(*)::int AS "counted" FROM (SELECT FROM ${parts} WHERE ${Prisma.join(conditions(filter), " AND ")} LIMIT ${TOTAL_CAP + 1}) few`;
  return row?.counted ?? 0;
}

const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
/** Fields of a JSON object, by name; a moment is told in milliseconds. */
const fields = (table: string, columns: readonly string[], moments: readonly string[]): string =>
  [...columns.map((name) => `'${name}', ${table}."${name}"`), ...moments.map((name) => `'${name}', ${ms(`${table}."${name}"`)}`)].join(
    ", ",
  );
const listed =
  Prisma.raw(`s.id, s.name, s."userId", s."templateId", s."templateVersion", s."agentId", s.platform, s.desired, s.observed, s.generation,
  s."hibernateMode", coalesce(s."hibernateModes", ARRAY[]::text[]) AS "hibernateModes", s."memoryBytes", s."cpuMillicores", s."persistentHome", s."homeId", s."idleTimeoutSeconds",
  coalesce(s.tags, ARRAY[]::text[]) AS tags, s."failureCode", s."failureMessage", s."containerId", s."podName", s."podIp", s.policy,
  ${["startedAt", "lastActivityAt", "createdAt", "updatedAt"].map((name) => `${ms(`s."${name}"`)} AS "${name}"`).join(", ")},
  json_build_object('username', u.username) AS "user",
  json_build_object(${fields("t", ["name", "displayName", "icon"], [])}) AS "template",
  CASE WHEN a.id IS NOT NULL THEN json_build_object(${fields(
    "a",
    ["id", "name", "capabilities", "connectionId", "disconnectReason", "heartbeatIntervalSeconds", "draining", "degradedReason"],
    ["connectedAt", "disconnectedAt", "lastHeartbeatAt", "drainStartedAt", "approvedAt", "revokedAt", "createdAt"],
  )}) END AS agent,
  CASE WHEN h."sessionId" IS NOT NULL THEN json_build_object(${fields("h", ["generation", "health", "reason"], ["since", "restartAt", "gaveUpAt"])}) END AS health`);

/**
 * One statement for a page and all that it shows, and one text that PostgreSQL makes of it: thousands of values one by one are what it would cost
 * most to read. Which sessions are on it is found first, from an index where there is one, and the long
 * rows of those alone are read: far down a list most of what an offset passes over would be read for nothing.
 */
export async function findSessions(
  db: Database,
  filter: SessionFilter,
  page: Page & { readonly sort: keyof typeof sorts; readonly order: Order },
): Promise<{ rows: ListedSessionRow[]; nextCursor: string | null }> {
  const keyset = sorts[page.sort];
  const { AND = [], OR = [] } = keyset.after(page.cursor, page.order);
  const beyond = OR.map((one) => sql`(${Prisma.join(one.AND, " AND ")})`);
  const where = Prisma.join(
    [...conditions(filter), ...AND, ...(beyond.length > 0 ? [sql`(${Prisma.join(beyond, " OR ")})`] : [])],
    " AND ",
  );
  const order = Prisma.join(keyset.orderBy(page.order));
  const { skip, take } = window(page);
  // As part of the text: by a number that it isn't told PostgreSQL plans a page anew each time, which takes as long as to read it.
  const cut = skip === 0 ? Prisma.raw(`LIMIT ${take}`) : sql`${Prisma.raw(`LIMIT ${take}`)} OFFSET ${skip}`;
  const [row] = await db.$queryRaw<{ sessions: string }[]>`
    WITH page AS MATERIALIZED (SELECT s.id FROM ${parts} WHERE ${where} ORDER BY ${order} ${cut})
    SELECT coalesce(json_agg(row_to_json(one)), '[]')::text AS sessions FROM (
      SELECT ${listed} FROM ${parts} WHERE s.id IN (SELECT page.id FROM page) ORDER BY ${order}
    ) one`;
  return keyset.cut(rowsSchema.parse(JSON.parse(row?.sessions ?? "[]")).map(listedRow), page.limit, page.order);
}
