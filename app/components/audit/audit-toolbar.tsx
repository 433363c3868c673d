"use client";
import { useQuery } from "@tanstack/react-query";
import { Download, ListFilter } from "lucide-react";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Menu } from "../controls/menu";
import { MenuItem } from "../controls/menu-items";
import { Popover } from "../controls/popover";
import { TypedSearch } from "../controls/typed-search";
import { FilterChip } from "../data/filter-chip";
import {
  type AuditFilterName,
  type AuditFilters,
  auditExportHref,
  auditFilterNames,
  auditResults,
  isFiltered,
  noAuditFilters,
} from "./audit-filters";

const names: Record<AuditFilterName, string> = {
  action: "What",
  actor: "Who",
  result: "Result",
  targetKind: "Kind",
  targetId: "On",
  address: "From",
  from: "Since",
  to: "Until",
};
const controlClass = "h-9 w-full rounded-md border border-line-strong/70 bg-surface px-2.5 text-base";

interface AuditToolbarProps {
  filters: AuditFilters;
  onChange: (change: Partial<AuditFilters>) => void;
}

export function AuditToolbar({ filters, onChange }: AuditToolbarProps) {
  const trpc = useTRPC();
  const words = useQuery(trpc.audit.words.queryOptions(undefined, { staleTime: 60_000 }));
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <Choice
          label="What"
          none="Every action"
          value={filters.action}
          words={words.data?.actions ?? []}
          onChange={(action) => onChange({ action })}
          className="sm:w-56"
        />
        <TypedSearch label="Who, by full name" text={filters.actor} onText={(actor) => onChange({ actor })} className="w-full sm:w-48" />
        <Popover
          label="Filter the audit log"
          trigger={
            <Button icon={<ListFilter aria-hidden className="size-4" />} className="h-9">
              Filter
            </Button>
          }
        >
          <div className="flex flex-col gap-3">
            <Choice
              label="Kind of thing"
              none="Every kind of thing"
              value={filters.targetKind}
              words={words.data?.targetKinds ?? []}
              onChange={(targetKind) => onChange({ targetKind })}
            />
            <Choice
              label="Result"
              none="Every result"
              value={filters.result}
              words={auditResults}
              onChange={(chosen) => onChange({ result: auditResults.find((result) => result === chosen) ?? "" })}
            />
            <TypedSearch label="ID of the thing" text={filters.targetId} onText={(targetId) => onChange({ targetId })} className="w-full" />
            <TypedSearch label="From address" text={filters.address} onText={(address) => onChange({ address })} className="w-full" />
            <Day label="Since" value={filters.from} onChange={(from) => onChange({ from })} />
            <Day label="Until" value={filters.to} onChange={(to) => onChange({ to })} />
            <p className="text-sm text-ink-faint">Whole days of UTC, both included.</p>
          </div>
        </Popover>
        <div className="sm:ml-auto">
          <Menu
            trigger={
              <Button icon={<Download aria-hidden className="size-4" />} className="h-9">
                Export
              </Button>
            }
          >
            <MenuItem onSelect={() => download(auditExportHref(filters, "csv"))}>CSV</MenuItem>
            <MenuItem onSelect={() => download(auditExportHref(filters, "jsonl"))}>JSON lines</MenuItem>
          </Menu>
        </div>
      </div>
      {isFiltered(filters) ? (
        <div className="flex flex-wrap items-center gap-2">
          {auditFilterNames.map((name) =>
            filters[name] ? (
              <FilterChip key={name} name={names[name]} onRemove={() => onChange({ [name]: "" })}>
                {filters[name]}
              </FilterChip>
            ) : null,
          )}
          <Button look="quiet" size="small" onClick={() => onChange(noAuditFilters)}>
            Clear
          </Button>
        </div>
      ) : null}
    </div>
  );
}

/** As a download, so that the page stays also where the answer is a refusal. */
function download(href: string): void {
  const link = document.createElement("a");
  link.href = href;
  link.download = "";
  link.click();
}

interface ChoiceProps {
  label: string;
  /** What is said where nothing is chosen. */
  none: string;
  value: string;
  words: readonly string[];
  onChange: (value: string) => void;
  className?: string;
}

function Choice({ label, none, value, words, onChange, className = "" }: ChoiceProps) {
  const options = value && !words.includes(value) ? [value, ...words] : words;
  return (
    <select aria-label={label} value={value} onChange={({ target }) => onChange(target.value)} className={`${controlClass} ${className}`}>
      <option value="">{none}</option>
      {options.map((word) => (
        <option key={word} value={word}>
          {word}
        </option>
      ))}
    </select>
  );
}

function Day({ label, value, onChange }: { label: string; value: string; onChange: (day: string) => void }) {
  return (
    <label className="flex items-center justify-between gap-3 text-sm">
      {label}
      <input type="date" value={value} onChange={({ target }) => onChange(target.value)} className={`${controlClass} max-w-44`} />
    </label>
  );
}
