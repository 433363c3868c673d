import { Prisma, type PrismaClient } from "./db/generated/client";

/** The whole database. Services open transactions on it (`$transaction`); only `*-store` files ask it anything else. */
export type Database = PrismaClient;
/** An open transaction, handed from service to service so that one commit holds what belongs together. */
export type Tx = Prisma.TransactionClient;

/** A write broke a unique index. The transaction it was in is over. */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";

/**
 * Waits until no other transaction holds this lock and keeps it until the transaction ends. To stay free of deadlocks, take them in this
 * order: agent, then session, then quota, then rows.
 */
export async function lock(tx: Tx, kind: "agent" | "session" | "quota" | "admins" | "api_tokens" | "authority", id: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`${kind}:${id}`}, 0))`;
}

/** Takes the lock where no other transaction holds it; never waits, so it may be asked for in any order. */
export async function tryLock(tx: Tx, kind: "session", id: string): Promise<boolean> {
  const [row] = await tx.$queryRaw<
    { taken: boolean }[]
  >`SELECT pg_try_advisory_xact_lock(hashtextextended(${`${kind}:${id}`}, 0)) AS "taken"`;
  return row?.taken === true;
}
