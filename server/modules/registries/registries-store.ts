import type { Database, Tx } from "../../platform/database";
import type { Prisma } from "../../platform/db/generated/client";

export type RegistryRow = Prisma.RegistryLoginGetPayload<object>;

export const findRegistries = (db: Tx | Database): Promise<RegistryRow[]> => db.registryLogin.findMany({ orderBy: { host: "asc" } });
export const findRegistriesOf = (db: Database, hosts: readonly string[]): Promise<RegistryRow[]> =>
  db.registryLogin.findMany({ where: { host: { in: [...hosts] } } });
export const writeRegistry = (tx: Tx, { host, ...columns }: RegistryRow): Promise<RegistryRow> =>
  tx.registryLogin.upsert({ where: { host }, create: { host, ...columns }, update: columns });
export const deleteRegistry = async (tx: Tx, host: string): Promise<boolean> =>
  (await tx.registryLogin.deleteMany({ where: { host } })).count > 0;
