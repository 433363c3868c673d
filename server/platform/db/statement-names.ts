/**
 * A statement with a name is parsed and planned once a connection and not once a question, which is half of what a small one costs. Each
 * connection keeps every plan, so only what is asked again and again gets a name: texts that differ by the length of a list would fill the
 * server's memory.
 */
const ASKED_BEFORE = 3;
const MAX_NAMED = 150;
const MAX_WATCHED = 1_000;

/** For Prisma's adapter: the name of a statement, empty for one that gets none. Names are of one process; sessions of PostgreSQL must be its own (a pooler in transaction mode can't be in between, and LISTEN would not allow it either). */
export function statementNames(): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  const asked = new Map<string, number>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined || names.size >= MAX_NAMED) return known ?? "";
    const times = (asked.get(sql) ?? 0) + 1;
    if (times <= ASKED_BEFORE) {
      // What is rare makes room for what may not be.
      if (asked.size >= MAX_WATCHED) asked.clear();
      asked.set(sql, times);
      return "";
    }
    asked.delete(sql);
    const name = `berth_${names.size + 1}`;
    names.set(sql, name);
    return name;
  };
}
