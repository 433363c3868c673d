"use client";
import { useQuery } from "@tanstack/react-query";
import { Boxes } from "lucide-react";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { SearchField } from "../controls/search-field";
import { Segmented } from "../controls/segmented";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { CardBones } from "../feedback/skeleton";
import { TemplateCard } from "./template-card";

export type Template = Outputs["templates"]["list"]["templates"][number];

const ALL = "All";
const gridClass = "grid grid-cols-1 gap-3 sm:grid-cols-2 xl:grid-cols-3";

/** The templates by category, to search in and to launch from. */
export function Catalogue({ first }: { first?: number }) {
  const trpc = useTRPC();
  const [search, setSearch] = useState("");
  const [category, setCategory] = useState(ALL);
  const templates = useQuery(trpc.templates.list.queryOptions({ limit: 100, page: 1 }));

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
      <ul className={gridClass}>
        {templates.data.templates.slice(0, first).map((template) => (
          <TemplateCard key={template.name} template={template} heading="h3" />
        ))}
      </ul>
    );
  }
  const categories = [...new Set(templates.data.templates.map((template) => template.category))];
  const shown = templates.data.templates.filter(
    (template) => (category === ALL || template.category === category) && mentions(template, search),
  );
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <SearchField label="Search templates" value={search} onChange={setSearch} className="w-full sm:w-64" />
        {categories.length > 1 ? (
          <Segmented
            label="Category"
            value={category}
            options={[ALL, ...categories].map((value) => ({ value, label: value }))}
            onChange={setCategory}
          />
        ) : null}
      </div>
      {shown.length === 0 ? (
        <EmptyState
          icon={<Boxes aria-hidden />}
          title="No template matches"
          action={
            <Button
              onClick={() => {
                setSearch("");
                setCategory(ALL);
              }}
            >
              Clear search
            </Button>
          }
        >
          No name, description or tag has “{search}” in it.
        </EmptyState>
      ) : (
        <ul className={gridClass}>
          {shown.map((template) => (
            <TemplateCard key={template.name} template={template} heading="h2" />
          ))}
        </ul>
      )}
    </div>
  );
}

function mentions(template: Template, search: string): boolean {
  const text = [template.name, template.displayName, template.category, template.description, ...template.tags].join(" ").toLowerCase();
  return text.includes(search.trim().toLowerCase());
}
