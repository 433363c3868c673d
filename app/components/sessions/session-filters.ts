import type { SessionState } from "@berth/protocol/session-states";

/** The filters of the sessions list, as the URL has them. What the URL says wrongly is left out. */
export interface SessionFilters {
  readonly show: "live" | "all" | SessionState;
  readonly mine: boolean;
  readonly search: string;
  readonly page: number;
}

const choices: readonly SessionFilters["show"][] = ["live", "all", "pending", "running", "hibernated", "terminating", "terminated"];

export function readSessionFilters(query: URLSearchParams): SessionFilters {
  const show = query.get("state");
  const page = Number(query.get("page"));
  return {
    show: choices.find((choice) => choice === show) ?? "live",
    mine: query.get("owner") === "me",
    search: (query.get("search") ?? "").slice(0, 100),
    page: Number.isInteger(page) && page > 0 && page <= 100_000 ? page : 1,
  };
}

/** The part of the URL after `?`, without what is the default. */
export function writeSessionFilters(filters: SessionFilters): string {
  const query = new URLSearchParams();
  if (filters.show !== "live") query.set("state", filters.show);
  if (filters.mine) query.set("owner", "me");
  if (filters.search) query.set("search", filters.search);
  if (filters.page > 1) query.set("page", String(filters.page));
  return query.toString();
}

export function listInput(filters: SessionFilters, username: string) {
  return {
    page: filters.page,
    limit: 25,
    ...(filters.show === "live" ? { live: true } : filters.show === "all" ? {} : { state: filters.show }),
    ...(filters.mine ? { user: username } : {}),
    ...(filters.search ? { search: filters.search } : {}),
  };
}
