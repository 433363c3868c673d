import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";
import { TOTAL_CAP } from "../../platform/paging";

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

export async function findTemplates(
  db: Database,
  filter: { category?: string | undefined; search?: string | undefined },
  page: { page: number; limit: number },
): Promise<{ rows: VersionedTemplate[]; counted: number }> {
  const contains = filter.search ? { contains: filter.search, mode: "insensitive" as const } : undefined;
  const where: Prisma.TemplateWhereInput = {
    category: filter.category,
    ...(contains
      ? { OR: [{ name: contains }, { displayName: contains }, { description: contains }, { tags: { has: filter.search ?? "" } }] }
      : {}),
  };
  const [templates, counted] = await Promise.all([
    db.template.findMany({
      where,
      orderBy: [{ tried: "desc" }, { displayName: "asc" }],
      skip: (page.page - 1) * page.limit,
      take: page.limit,
    }),
    db.template.count({ where, take: TOTAL_CAP + 1 }),
  ]);
  const versions = await db.templateVersion.findMany({
    where: { OR: templates.map(({ id, currentVersion }) => ({ templateId: id, version: currentVersion })) },
  });
  const rows = templates.flatMap((template) => {
    const version = versions.find((one) => one.templateId === template.id);
    return version ? [{ template, version }] : [];
  });
  return { rows, counted };
}

export const insertTemplate = (tx: Tx, data: Prisma.TemplateUncheckedCreateInput) => tx.template.create({ data });
export const insertVersion = (tx: Tx, data: Prisma.TemplateVersionUncheckedCreateInput) => tx.templateVersion.create({ data });
export const lockTemplate = (tx: Tx, name: string) => tx.$queryRaw`SELECT 1 FROM "Template" WHERE "name" = ${name} FOR UPDATE`;
export const updateTemplate = (tx: Tx, id: string, data: Prisma.TemplateUncheckedUpdateInput) =>
  tx.template.update({ where: { id }, data });
export const deleteTemplate = (tx: Tx, id: string) => tx.template.delete({ where: { id } });
export const countSessionsFrom = (tx: Tx, templateId: string) => tx.session.count({ where: { templateId } });
