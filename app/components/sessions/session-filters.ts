import { type ListSort, readSort, sortTexts } from "../data/list-sort";
import { type SessionState, sessionStateWords } from "./session-words";

export const sortKeys = ["createdAt", "updatedAt", "name", "user", "state"] as const;
export type SortKey = (typeof sortKeys)[number];

/** What a list of sessions shows and how, as the URL has it. What the URL says wrongly is left out. */
export interface SessionFilters extends ListSort<SortKey> {
  readonly show: "live" | "all" | SessionState;
  readonly owner: "all" | "me" | "shared";
  /** A person's name; for lists with more than one person's. */
  readonly user: string;
  readonly template: string;
  readonly agent: string;
  readonly tags: readonly string[];
  readonly search: string;
  readonly view: "table" | "grid";
  /** Where the page begins: the cursor of the one before; empty on the first. */
  readonly after: string;
  /** Which page that is, for its words alone. */
  readonly page: number;
}

export const noFilters: SessionFilters = {
  show: "live",
  owner: "all",
  user: "",
  template: "",
  agent: "",
  tags: [],
  search: "",
  sort: "createdAt",
  order: "desc",
  view: "table",
  after: "",
  page: 1,
};

export const PAGE_ROWS = 50;
const MAX_TAGS = 20;
const shows: readonly SessionFilters["show"][] = ["live", "all", ...sessionStateWords];

const oneOf = <Word extends string>(words: readonly Word[], word: string | null, otherwise: Word): Word =>
  words.find((known) => known === word) ?? otherwise;

export function readSessionFilters(query: URLSearchParams): SessionFilters {
  const text = (name: string, length: number) => (query.get(name) ?? "").slice(0, length);
  const page = Number(query.get("page"));
  const after = text("after", 1000);
  return {
    show: oneOf(shows, query.get("state"), "live"),
    owner: oneOf(["all", "me", "shared"], query.get("owner"), "all"),
    user: text("user", 63),
    template: text("template", 63),
    agent: text("agent", 63),
    tags: [...new Set((query.get("tags") ?? "").split(",").filter(Boolean))].slice(0, MAX_TAGS).map((tag) => tag.slice(0, 50)),
    search: text("search", 100),
    ...readSort(query, sortKeys),
    view: oneOf(["table", "grid"], query.get("view"), "table"),
    after,
    page: after && Number.isInteger(page) && page > 1 && page <= 100_000 ? page : after ? 2 : 1,
  };
}

/** The part of the URL after `?`, without what is the default. */
export function writeSessionFilters(filters: SessionFilters): string {
  const query = new URLSearchParams();
  const put = (name: string, value: string, unless = "") => {
    if (value !== unless) query.set(name, value);
  };
  put("state", filters.show, "live");
  put("owner", filters.owner, "all");
  put("user", filters.user);
  put("template", filters.template);
  put("agent", filters.agent);
  put("tags", filters.tags.join(","));
  put("search", filters.search);
  const { sort, order } = sortTexts(filters, sortKeys);
  put("sort", sort);
  put("order", order);
  put("view", filters.view, "table");
  put("after", filters.after);
  if (filters.after) put("page", String(filters.page));
  return query.toString();
}

/** Anything that leaves sessions out. */
export const isFiltered = ({ show, owner, user, template, agent, tags, search }: SessionFilters): boolean =>
  show !== "live" || owner !== "all" || [user, template, agent, search].some(Boolean) || tags.length > 0;

export function listInput(filters: SessionFilters, username: string) {
  const { show, owner, user, template, agent, tags, search, sort, order, after, page } = filters;
  const whose = owner === "me" ? username : user;
  return {
    page,
    limit: PAGE_ROWS,
    sort,
    order,
    ...(after ? { cursor: after } : {}),
    ...(show === "live" ? { live: true } : show === "all" ? {} : { state: show }),
    ...(owner === "shared" ? { shared: true } : {}),
    ...(whose ? { user: whose } : {}),
    ...(template ? { template } : {}),
    ...(agent ? { agentId: agent } : {}),
    ...(tags.length > 0 ? { tags: [...tags] } : {}),
    ...(search ? { search } : {}),
  };
}
