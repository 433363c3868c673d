"use client";
import { useQuery } from "@tanstack/react-query";
import { Boxes } from "lucide-react";
import { useMemo, useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { SearchField } from "../controls/search-field";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { CardBones } from "../feedback/skeleton";
import { TemplateCard } from "./template-card";

export type Template = Outputs["templates"]["list"]["templates"][number];

/** The templates by category, to search in and to launch from. */
export function Catalogue({ first }: { first?: number }) {
  const trpc = useTRPC();
  const [search, setSearch] = useState("");
  const templates = useQuery(trpc.templates.list.queryOptions({ limit: 100, page: 1 }));
  const groups = useMemo(() => groupByCategory(templates.data?.templates ?? [], search), [templates.data, search]);

  if (!templates.data) {
    return templates.isError ? (
      <FailurePanel
        error={templates.error}
        title="The templates could not be read"
        onRetry={() => void templates.refetch()}
        busy={templates.isFetching}
      />
    ) : (
      <CardBones />
    );
  }
  if (templates.data.templates.length === 0) {
    return (
      <EmptyState icon={<Boxes aria-hidden />} title="No templates">
        A template says which image a session is started from. Berth brings some at its first start; an operator can add others.
      </EmptyState>
    );
  }
  if (first !== undefined) {
    return (
      <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-3">
        {templates.data.templates.slice(0, first).map((template) => (
          <TemplateCard key={template.name} template={template} />
        ))}
      </ul>
    );
  }
  return (
    <div className="flex flex-col gap-6">
      <SearchField label="Search templates" value={search} onChange={setSearch} className="w-full sm:w-72" />
      {groups.length === 0 ? (
        <EmptyState
          icon={<Boxes aria-hidden />}
          title="No template matches"
          action={<Button onClick={() => setSearch("")}>Clear search</Button>}
        >
          No name, category or tag has “{search}” in it.
        </EmptyState>
      ) : (
        groups.map(([category, members]) => (
          <section key={category} aria-label={category} className="flex flex-col gap-3">
            <h2 className="text-sm font-medium text-ink-soft">{category}</h2>
            <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-3">
              {members.map((template) => (
                <TemplateCard key={template.name} template={template} />
              ))}
            </ul>
          </section>
        ))
      )}
    </div>
  );
}

function groupByCategory(templates: readonly Template[], search: string): [string, Template[]][] {
  const wanted = search.trim().toLowerCase();
  const groups = new Map<string, Template[]>();
  for (const template of templates) {
    const text = [template.name, template.displayName, template.category, template.description, ...template.tags].join(" ").toLowerCase();
    if (!text.includes(wanted)) continue;
    groups.set(template.category, [...(groups.get(template.category) ?? []), template]);
  }
  return [...groups];
}
