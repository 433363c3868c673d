import type { Prisma, PrismaClient } from "./db/generated/client";

/** The whole database. Services open transactions on it (`$transaction`); only `*-store` files ask it anything else. */
export type Database = PrismaClient;
/** An open transaction, handed from service to service so that one commit holds what belongs together. */
export type Tx = Prisma.TransactionClient;
