import { z } from "zod";
import type { Database, Tx } from "../../platform/database";
import { Prisma } from "../../platform/db/generated/client";
import { Keyset, past } from "../../platform/keyset";
import { type Page, TOTAL_CAP, window } from "../../platform/paging";
import type { TemplateVersionRow } from "./templates-store";

const wholeNumber = z.coerce.number().int();
const newest = new Keyset<TemplateVersionRow, Prisma.TemplateVersionWhereInput, Prisma.TemplateVersionOrderByWithRelationInput>(
  "template versions",
  [
    {
      orderBy: (order) => ({ version: order }),
      of: (row) => String(row.version),
      is: (text) => ({ version: wholeNumber.parse(text) }),
      beyond: (text, order) => ({ version: past(wholeNumber.parse(text), order) }),
    },
  ],
);

/** Newest first. */
export async function findVersions(db: Database, templateId: string, page: Page) {
  const where: Prisma.TemplateVersionWhereInput = { templateId };
  const [found, counted] = await Promise.all([
    db.templateVersion.findMany({
      where: { AND: [where, newest.after(page.cursor, "desc")] },
      orderBy: newest.orderBy("desc"),
      ...window(page),
    }),
    db.templateVersion.count({ where, take: TOTAL_CAP + 1 }),
  ]);
  return { ...newest.cut(found, page.limit, "desc"), counted };
}

export const findVersionOrNull = (db: Tx | Database, templateId: string, version: number) =>
  db.templateVersion.findUnique({ where: { templateId_version: { templateId, version } } });

const over: Prisma.SessionWhereInput = {
  desired: "terminated",
  OR: [{ observed: "removed" }, { observed: "failed", failureCode: { not: null } }],
};

/** Counts of what people started from a template; `since` bounds what is counted by day. */
export async function countUsage(db: Database, templateId: string, since: Date) {
  const [running, byVersion, ever, days, people] = await Promise.all([
    db.session.count({ where: { templateId, warmAt: null, desired: "running", observed: "running" } }),
    db.session.groupBy({
      by: ["templateVersion"],
      where: { templateId, warmAt: null, NOT: over },
      _count: { _all: true },
      orderBy: { templateVersion: "desc" },
    }),
    db.session.aggregate({ where: { templateId, warmAt: null }, _count: { _all: true }, _max: { createdAt: true } }),
    db.$queryRaw<{ day: string; started: number }[]>(Prisma.sql`
      SELECT to_char(date_trunc('day', "createdAt"), 'YYYY-MM-DD') AS "day", count(*)::int AS "started" FROM "Session"
      WHERE "templateId" = ${templateId}::uuid AND "warmAt" IS NULL AND "createdAt" >= ${since}::timestamp GROUP BY 1`),
    db.session.groupBy({ by: ["userId"], where: { templateId, warmAt: null, createdAt: { gte: since } } }),
  ]);
  return { running, byVersion, ever: ever._count._all, lastStartedAt: ever._max.createdAt, days, people: people.length };
}
