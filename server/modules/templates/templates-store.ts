import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import { Keyset, past } from "../../platform/keyset";
import { type Page, TOTAL_CAP, window } from "../../platform/paging";

export type TemplateRow = Prisma.TemplateGetPayload<object>;
export type TemplateVersionRow = Prisma.TemplateVersionGetPayload<object>;
export interface VersionedTemplate {
  readonly template: TemplateRow;
  readonly version: TemplateVersionRow;
}

export async function findTemplate(db: Tx | Database, name: string): Promise<VersionedTemplate | null> {
  const template = await db.template.findUnique({ where: { name } });
  return template && { template, version: await findVersion(db, template.id, template.currentVersion) };
}

export const findTemplateById = (db: Tx | Database, id: string) => db.template.findUniqueOrThrow({ where: { id } });
export const findVersion = (db: Tx | Database, templateId: string, version: number) =>
  db.templateVersion.findUniqueOrThrow({ where: { templateId_version: { templateId, version } } });

/** Ours first, then by title. */
const oursFirst = new Keyset<TemplateRow, Prisma.TemplateWhereInput, Prisma.TemplateOrderByWithRelationInput>("templates", [
  {
    orderBy: () => ({ tried: "desc" }),
    of: (row) => String(row.tried),
    is: (text) => ({ tried: text === "true" }),
    beyond: (text) => (text === "true" ? { tried: false } : { name: { in: [] } }),
  },
  {
    orderBy: (order) => ({ displayName: order }),
    of: (row) => row.displayName,
    is: (displayName) => ({ displayName }),
    beyond: (displayName, order) => ({ displayName: past(displayName, order) }),
  },
  {
    orderBy: (order) => ({ name: order }),
    of: (row) => row.name,
    is: (name) => ({ name }),
    beyond: (name, order) => ({ name: past(name, order) }),
  },
]);

export async function findTemplates(
  db: Database,
  filter: { category?: string | undefined; search?: string | undefined },
  page: Page,
): Promise<{ rows: VersionedTemplate[]; nextCursor: string | null; counted: number }> {
  const contains = filter.search ? { contains: filter.search, mode: "insensitive" as const } : undefined;
  const where: Prisma.TemplateWhereInput = {
    category: filter.category,
    ...(contains
      ? {
          OR: [
            { name: contains },
            { displayName: contains },
            { description: contains },
            { category: contains },
            { versions: { some: { image: contains } } },
            { tags: { has: filter.search ?? "" } },
          ],
        }
      : {}),
  };
  const [found, counted] = await Promise.all([
    db.template.findMany({
      where: { AND: [where, oursFirst.after(page.cursor, "asc")] },
      orderBy: oursFirst.orderBy("asc"),
      ...window(page),
    }),
    db.template.count({ where, take: TOTAL_CAP + 1 }),
  ]);
  const { rows: templates, nextCursor } = oursFirst.cut(found, page.limit, "asc");
  return { rows: await withVersions(db, templates), nextCursor, counted };
}

/** These, in this order, each with its current version. */
async function withVersions(db: Database, templates: readonly TemplateRow[]): Promise<VersionedTemplate[]> {
  const versions = await db.templateVersion.findMany({
    where: { OR: templates.map(({ id, currentVersion }) => ({ templateId: id, version: currentVersion })) },
  });
  const byId = new Map(versions.map((version) => [version.templateId, version]));
  return templates.flatMap((template) => {
    const version = byId.get(template.id);
    return version ? [{ template, version }] : [];
  });
}

/** Latest first. */
export async function findFavourites(db: Database, userId: string): Promise<VersionedTemplate[]> {
  const rows = await db.templateFavourite.findMany({
    where: { userId },
    orderBy: [{ createdAt: "desc" }, { templateId: "asc" }],
    include: { template: true },
    take: 100,
  });
  return withVersions(
    db,
    rows.map(({ template }) => template),
  );
}

/** Of which this person's newest sessions were started, the last first. */
export async function findRecentlyUsed(db: Database, userId: string, take: number): Promise<VersionedTemplate[]> {
  const used = await db.session.groupBy({
    by: ["templateId"],
    where: { userId },
    _max: { createdAt: true },
    orderBy: { _max: { createdAt: "desc" } },
    take,
  });
  const rows = await db.template.findMany({ where: { id: { in: used.map(({ templateId }) => templateId) } } });
  const byId = new Map(rows.map((row) => [row.id, row]));
  return withVersions(
    db,
    used.flatMap(({ templateId }) => byId.get(templateId) ?? []),
  );
}

export async function findCategories(db: Database): Promise<{ name: string; templates: number }[]> {
  const groups = await db.template.groupBy({ by: ["category"], _count: { _all: true }, orderBy: { category: "asc" }, take: 200 });
  return groups.map(({ category, _count }) => ({ name: category, templates: _count._all }));
}

/** Twice is as once, either way. */
export async function writeFavourite(db: Database, ids: { userId: string; templateId: string }, favourite: boolean): Promise<void> {
  if (favourite) await db.templateFavourite.createMany({ data: [ids], skipDuplicates: true });
  else await db.templateFavourite.deleteMany({ where: ids });
}

/** Names of those who wrote versions, by id. */
export async function findUsernames(
  db: Tx | Database,
  versions: readonly { readonly createdById: string | null }[],
): Promise<ReadonlyMap<string, string>> {
  const ids = versions.flatMap(({ createdById }) => createdById ?? []);
  const users = await db.user.findMany({ where: { id: { in: ids } }, select: { id: true, username: true } });
  return new Map(users.map(({ id, username }) => [id, username]));
}

export const insertTemplate = (tx: Tx, data: Prisma.TemplateUncheckedCreateInput) => tx.template.create({ data });
export const insertVersion = (tx: Tx, data: Prisma.TemplateVersionUncheckedCreateInput) => tx.templateVersion.create({ data });
export const lockTemplate = (tx: Tx, name: string) => tx.$queryRaw`SELECT 1 FROM "Template" WHERE "name" = ${name} FOR UPDATE`;
export const updateTemplate = (tx: Tx, id: string, data: Prisma.TemplateUncheckedUpdateInput) =>
  tx.template.update({ where: { id }, data });
export const deleteTemplate = (tx: Tx, id: string) => tx.template.delete({ where: { id } });
/** People's, ended ones too, and those of its warm pool. */
export const countSessionsFrom = async (tx: Tx, templateId: string) => ({
  sessions: await tx.session.count({ where: { templateId, warmAt: null } }),
  waiting: await tx.session.count({ where: { templateId, warmAt: { not: null } } }),
});
