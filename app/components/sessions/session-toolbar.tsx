"use client";
import { LayoutGrid, ListFilter, Rows3 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "../controls/button";
import { Menu } from "../controls/menu";
import { MenuItem } from "../controls/menu-items";
import { SearchByText } from "../controls/search-by-text";
import { Segmented } from "../controls/segmented";
import { ColumnChoice } from "../data/column-choice";
import { FilterChip } from "../data/filter-chip";
import { firstOrder } from "../data/list-sort";
import { lazyInBrowser } from "../lazy-part";
import { isOperator, useCurrentUser } from "../shell/user-context";
import type { FilterKind } from "./filter-dialog";
import { columnWords, type SessionColumn, sessionColumns } from "./session-columns";
import { isFiltered, noFilters, type SessionFilters, type SortKey, sortKeys } from "./session-filters";
import type { ListedSession } from "./session-rows";

const FilterDialog = lazyInBrowser(() => import("./filter-dialog").then((module) => module.FilterDialog));

const shown: readonly { value: SessionFilters["show"]; label: string }[] = [
  { value: "live", label: "Live" },
  { value: "running", label: "Running" },
  { value: "hibernated", label: "Hibernated" },
  { value: "terminated", label: "Ended" },
  { value: "all", label: "All" },
];
const owners = (staff: boolean): readonly { value: SessionFilters["owner"]; label: string }[] =>
  staff
    ? [
        { value: "all", label: "Everyone" },
        { value: "me", label: "Mine" },
        { value: "shared", label: "Shared with me" },
      ]
    : [
        { value: "all", label: "Mine" },
        { value: "shared", label: "Shared with me" },
      ];
const views = [
  { value: "table", label: "As a table", icon: Rows3 },
  { value: "grid", label: "As pictures", icon: LayoutGrid },
] as const;
const sortWords: Record<SortKey, string> = {
  createdAt: "Newest first",
  updatedAt: "Changed last",
  name: "Name",
  user: "Owner",
  state: "State",
};
const kinds: Record<FilterKind, string> = { template: "Template", agent: "Agent", tag: "Tag", user: "Owner" };

interface SessionToolbarProps {
  filters: SessionFilters;
  onChange: (change: Partial<SessionFilters>) => void;
  /** What is on the page: what can be filtered by is offered from it. */
  sessions: readonly ListedSession[];
  columns: readonly SessionColumn[];
  onColumns: (columns: readonly SessionColumn[] | null) => void;
}

export function SessionToolbar({ filters, onChange, sessions, columns, onColumns }: SessionToolbarProps) {
  const user = useCurrentUser();
  const staff = isOperator(user);
  const [adding, setAdding] = useState<FilterKind | null>(null);
  const add = (kind: FilterKind, value: string) => {
    setAdding(null);
    onChange(kind === "tag" ? { tags: [...new Set([...filters.tags, value])] } : { [kind]: value });
  };
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <SearchByText label="Search sessions" text={filters.search} onText={(search) => onChange({ search })} className="w-full sm:w-56" />
        <Segmented label="Show" value={filters.show} options={shown} onChange={(show) => onChange({ show })} />
        <Segmented label="Whose" value={filters.owner} options={owners(staff)} onChange={(owner) => onChange({ owner })} />
        <Menu
          align="start"
          trigger={
            <Button icon={<ListFilter aria-hidden className="size-4" />} className="h-8.5">
              Filter
            </Button>
          }
        >
          {(staff ? (["template", "agent", "tag", "user"] as const) : (["template", "agent", "tag"] as const)).map((kind) => (
            <MenuItem key={kind} onSelect={() => setAdding(kind)}>
              {kinds[kind]}…
            </MenuItem>
          ))}
        </Menu>
        <div className="flex flex-wrap items-center gap-3 lg:ml-auto">
          <label className={filters.view === "table" ? "md:hidden" : ""}>
            <span className="sr-only">Sort by</span>
            <select
              value={filters.sort}
              onChange={({ target }) => {
                const sort = sortKeys.find((key) => key === target.value) ?? "createdAt";
                onChange({ sort, order: firstOrder(sort) });
              }}
              className="h-8.5 rounded-md border border-line-strong/70 bg-surface px-2 text-sm"
            >
              {sortKeys
                .filter((key) => staff || key !== "user")
                .map((key) => (
                  <option key={key} value={key}>
                    {sortWords[key]}
                  </option>
                ))}
            </select>
          </label>
          <div className="flex gap-0.5">
            {filters.view === "table" ? (
              <ColumnChoice all={sessionColumns} words={columnWords} chosen={columns} onChoose={onColumns} className="hidden md:block" />
            ) : null}
            {views.map(({ value, label, icon: Icon }) => (
              <IconButton key={value} label={label} pressed={filters.view === value} onClick={() => onChange({ view: value })}>
                <Icon aria-hidden className="size-4" />
              </IconButton>
            ))}
          </div>
        </div>
      </div>
      {isFiltered({ ...filters, show: "live", owner: "all", search: "" }) ? (
        <div className="flex flex-wrap items-center gap-2">
          {(["template", "agent", "user"] as const).map((kind) =>
            filters[kind] ? (
              <FilterChip key={kind} name={kinds[kind]} onRemove={() => onChange({ [kind]: "" })}>
                {filters[kind]}
              </FilterChip>
            ) : null,
          )}
          {filters.tags.map((tag) => (
            <FilterChip key={tag} name="Tag" onRemove={() => onChange({ tags: filters.tags.filter((one) => one !== tag) })}>
              {tag}
            </FilterChip>
          ))}
          <Button
            look="quiet"
            size="small"
            onClick={() => onChange({ ...noFilters, sort: filters.sort, order: filters.order, view: filters.view })}
          >
            Clear
          </Button>
        </div>
      ) : null}
      {adding ? (
        <FilterDialog kind={adding} sessions={sessions} onChoose={(value) => add(adding, value)} onClose={() => setAdding(null)} />
      ) : null}
    </>
  );
}
