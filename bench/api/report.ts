import { type Machine, machineLine } from "../measure/machine";
import { percentile } from "../measure/statistics";
import type { LiveRow } from "./live-cost";
import type { PlanRow } from "./plans";

export interface ApiRow {
  readonly name: string;
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
}

export interface ApiReport {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly sessions: number;
  readonly agents: number;
  readonly clients: number;
  readonly rows: readonly ApiRow[];
  readonly live: readonly LiveRow[];
  readonly plans: readonly PlanRow[];
}

const LIMIT_MS = 25;
const BARE = ", bare server";

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const ms = (row: Pick<ApiRow, "latenciesMs">, fraction: number): string => `${percentile(row.latenciesMs, fraction).toFixed(1)} ms`;

export function apiMarkdown({ date, command, machine, sessions, agents, clients, rows, live, plans }: ApiReport): string {
  const bare = new Map(rows.filter(({ name }) => name.endsWith(BARE)).map((row) => [row.name.slice(0, -BARE.length), row]));
  const share = (row: ApiRow): string => {
    const beside = bare.get(row.name);
    return beside ? `${(row.perSecond / beside.perSecond).toFixed(2)} ×` : "";
  };
  const lists = rows.filter(({ name }) => !name.endsWith(BARE) && !name.startsWith("create"));
  const slowest = lists.reduce((a, b) => (percentile(b.latenciesMs, 0.95) > percentile(a.latenciesMs, 0.95) ? b : a));
  const met = percentile(slowest.latenciesMs, 0.95) <= LIMIT_MS;
  const n = (value: number) => value.toLocaleString("en-GB");
  return [
    `${date}, \`${command}\`, ${n(sessions)} sessions, ${n(agents)} agents, ${clients} clients at once. ${machineLine(machine)}.`,
    [
      line(["request", "a second", "of the bare server's", "p50", "p95", "p99"]),
      line(Array.from({ length: 6 }, () => "---")),
      ...rows.map((row) => line([row.name, row.perSecond.toFixed(0), share(row), ms(row, 0.5), ms(row, 0.95), ms(row, 0.99)])),
    ].join("\n"),
    [
      line(["bar", "measured", "limit", ""]),
      line(Array.from({ length: 4 }, () => "---")),
      line(["slowest list or single thing, p95", `${ms(slowest, 0.95)} (${slowest.name})`, `≤ ${LIMIT_MS} ms`, met ? "met" : "**missed**"]),
    ].join("\n"),
    [
      line(["live updates", "changes a second", "control plane and database", "arrived", "p50", "p95"]),
      line(Array.from({ length: 6 }, () => "---")),
      ...live.map((row) => {
        const told = row.subscribers === 0 ? ["", "", ""] : [`${n(row.arrived)} of ${n(row.due)}`, ms(row, 0.5), ms(row, 0.95)];
        return line([
          `${row.subscribers} subscribers`,
          row.perSecond.toFixed(0),
          `${(row.coreShare * 100).toFixed(0)} % of a core`,
          ...told,
        ]);
      }),
    ].join("\n"),
    ...(plans.length === 0
      ? []
      : [
          [
            line(["a page of 50", "rows in the table", "found by", "rows looked at", "buffers", "in PostgreSQL"]),
            line(Array.from({ length: 6 }, () => "---")),
            ...plans.map((row) =>
              line([row.question, n(row.rows), row.scan, n(row.looked), n(row.buffers), `${row.executionMs.toFixed(2)} ms`]),
            ),
          ].join("\n"),
        ]),
  ].join("\n\n");
}
