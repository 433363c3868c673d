import { readPageNumber } from "../data/page-number";

/** What an address can name beyond the page; empty is everything. `from` and `to` are days, both included. */
export const auditFilterNames = ["action", "actor", "result", "targetKind", "targetId", "address", "from", "to"] as const;
export const auditResults = ["succeeded", "refused", "failed"] as const;
export type AuditResult = (typeof auditResults)[number];
export type AuditFilterName = (typeof auditFilterNames)[number];
export interface AuditFilters extends Readonly<Record<Exclude<AuditFilterName, "result">, string>> {
  readonly result: AuditResult | "";
  readonly page: number;
  /** Where the list begins; empty: at the newest. */
  readonly after: string;
}

export const noAuditFilters: AuditFilters = {
  action: "",
  actor: "",
  result: "",
  targetKind: "",
  targetId: "",
  address: "",
  from: "",
  to: "",
  page: 1,
  after: "",
};

const isDay = (text: string): boolean => /^(?:19|2\d)\d\d-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));

export function readAuditFilters(query: URLSearchParams): AuditFilters {
  const text = (name: string) => (query.get(name) ?? "").slice(0, 100);
  const day = (name: string) => (isDay(text(name)) ? text(name) : "");
  const after = (query.get("after") ?? "").slice(0, 1000);
  return {
    action: text("action"),
    actor: text("actor"),
    result: auditResults.find((result) => result === text("result")) ?? "",
    targetKind: text("targetKind"),
    targetId: text("targetId"),
    address: text("address"),
    from: day("from"),
    to: day("to"),
    page: after ? readPageNumber(query) : 1,
    after,
  };
}

export function writeAuditFilters(filters: AuditFilters): string {
  const query = new URLSearchParams();
  for (const name of auditFilterNames) if (filters[name]) query.set(name, filters[name]);
  if (filters.after) {
    query.set("after", filters.after);
    if (filters.page > 1) query.set("page", String(filters.page));
  }
  return query.toString();
}

export const isFiltered = (filters: AuditFilters): boolean => auditFilterNames.some((name) => filters[name] !== "");

const DAY_MS = 86_400_000;

/** Days are days of UTC, so that the same address shows the same entries to everyone. */
function asked(filters: AuditFilters) {
  const { from, to, result } = filters;
  const same = (["action", "actor", "targetKind", "targetId", "address"] as const).flatMap((name) =>
    filters[name] ? [[name, filters[name]] as const] : [],
  );
  return {
    ...Object.fromEntries(same),
    ...(result && { result }),
    ...(from && { from: `${from}T00:00:00.000Z` }),
    ...(to && { to: new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString() }),
  };
}

export const auditListInput = (filters: AuditFilters) => ({
  page: filters.page,
  limit: 50,
  ...(filters.after && { cursor: filters.after }),
  ...asked(filters),
});

/** Where the browser downloads what the filters show. */
export function auditExportHref(filters: AuditFilters, format: "csv" | "jsonl"): string {
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(asked(filters)))
    query.set(
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    );
  return `/api/v1/audit/export?${query}`;
}
