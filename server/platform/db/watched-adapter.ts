import type { PrismaPg } from "@prisma/adapter-pg";

/** What is said of a pool and of what is asked through it. */
export interface DatabaseWatch {
  /** Called at each connecting, with how to read the pool: connections that are there, those that nobody uses, and queries that wait for one. */
  pool(read: () => { total: number; idle: number; waiting: number }): void;
  /** One statement, from asking until its rows are here, the wait for a connection included. */
  statement(seconds: number, ok: boolean): void;
}

type Adapter = Awaited<ReturnType<PrismaPg["connect"]>>;
type Asked = Pick<Adapter, "queryRaw" | "executeRaw">;

/** The same adapter, each statement timed. */
export function watchedAdapter(factory: PrismaPg, watch: DatabaseWatch): PrismaPg {
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = timed(await connect(), watch);
    const pool = adapter.underlyingDriver();
    watch.pool(() => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }));
    const begin = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async (isolation) => timed(await begin(isolation), watch);
    return adapter;
  };
  return factory;
}

function timed<Queryable extends Asked>(queryable: Queryable, watch: DatabaseWatch): Queryable {
  const { queryRaw, executeRaw } = queryable;
  queryable.queryRaw = (query) => time(() => queryRaw.call(queryable, query), watch);
  queryable.executeRaw = (query) => time(() => executeRaw.call(queryable, query), watch);
  return queryable;
}

async function time<Rows>(ask: () => Promise<Rows>, watch: DatabaseWatch): Promise<Rows> {
  const began = performance.now();
  let ok = false;
  try {
    const rows = await ask();
    ok = true;
    return rows;
  } finally {
    watch.statement((performance.now() - began) / 1000, ok);
  }
}
