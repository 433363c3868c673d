import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "./generated/client";
import { statementNames } from "./statement-names";
import { type DatabaseWatch, watchedAdapter } from "./watched-adapter";

const STATEMENT_TIMEOUT_MS = 30_000;

export interface ConnectOptions {
  readonly statementTimeoutMs?: number;
  readonly watch?: DatabaseWatch;
}

/**
 * A Prisma client with a pool of its own: at most 20 connections, opened when needed and closed after 10 s of idleness; a query waits for a
 * free one for up to 10 s and fails then, and so does a statement that runs or waits for a lock for longer than 30 s: one table that is
 * held must not take all connections for good. The bus has 1 + 2 more (`postgres-bus.ts`), the rate limiter its own. `$disconnect()` closes it.
 */
export function connectDatabase(url: string, { statementTimeoutMs = STATEMENT_TIMEOUT_MS, watch }: ConnectOptions = {}): PrismaClient {
  const adapter = new PrismaPg(
    {
      connectionString: url,
      max: 20,
      idleTimeoutMillis: 10_000,
      connectionTimeoutMillis: 10_000,
      statement_timeout: statementTimeoutMs,
      application_name: "berth",
    },
    { statementNameGenerator: statementNames() },
  );
  return new PrismaClient({ adapter: watch ? watchedAdapter(adapter, watch) : adapter });
}
