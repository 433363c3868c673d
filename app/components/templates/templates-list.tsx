"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Boxes, Play } from "lucide-react";
import Link from "next/link";
import { useRef } from "react";
import { cpuWords, durationWords, memoryWords } from "../../format/quantity";
import { useTRPC } from "../../trpc/client";
import { Button, ButtonLink } from "../controls/button";
import { SearchByText } from "../controls/search-by-text";
import { Badge } from "../data/badge";
import { CursorPager } from "../data/cursor-pager";
import { Cell, Head, Table } from "../data/table";
import { useListKeys } from "../data/use-list-keys";
import { useUrlFilters } from "../data/use-url-filters";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { type CatalogueFilters, catalogueInput, readCatalogueFilters, writeCatalogueFilters } from "./catalogue-filters";
import { CategoryChoice } from "./category-choice";
import { TemplateIcon } from "./template-icon";

/** Every template with what it is made of; the catalogue for launching is under New session. */
export function TemplatesList() {
  const trpc = useTRPC();
  const [filters, setFilters] = useUrlFilters(readCatalogueFilters, writeCatalogueFilters);
  const change = (next: Partial<CatalogueFilters>) => setFilters({ ...filters, after: "", page: 1, ...next });
  const templates = useQuery({ ...trpc.templates.list.queryOptions(catalogueInput(filters)), placeholderData: keepPreviousData });
  const frame = useRef<HTMLDivElement>(null);
  useListKeys(frame);
  if (!templates.data) {
    if (templates.isError)
      return (
        <FailurePanel
          error={templates.error}
          title="The templates could not be read"
          onRetry={() => void templates.refetch()}
          busy={templates.isFetching}
        />
      );
    return <RowBones />;
  }
  const shown = templates.data.templates;
  return (
    <div ref={frame} className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <SearchByText label="Search templates" text={filters.search} onText={(search) => change({ search })} className="w-full sm:w-72" />
        <CategoryChoice category={filters.category} onChange={(category) => change({ category })} />
      </div>
      {shown.length === 0 ? (
        filters.search || filters.category || filters.after ? (
          <EmptyState
            icon={<Boxes aria-hidden />}
            title="No template matches"
            action={<Button onClick={() => change({ search: "", category: "" })}>Clear filters</Button>}
          >
            {filters.search
              ? `Nothing here has “${filters.search}” in its name, description, image or tags.`
              : "Nothing here is of this category."}
          </EmptyState>
        ) : (
          <EmptyState icon={<Boxes aria-hidden />} title="No templates">
            Berth brings some at its first start; an administrator adds others.
          </EmptyState>
        )
      ) : (
        <Table
          label="Templates"
          head={
            <>
              <Head>Template</Head>
              <Head wide>Image</Head>
              <Head wide className="w-36">
                Resources
              </Head>
              <Head wide className="w-28">
                Idle after
              </Head>
              <Head wide className="w-28">
                Security
              </Head>
              <Head className="w-28">
                <span className="sr-only">Actions</span>
              </Head>
            </>
          }
        >
          {shown.map((template) => (
            <tr key={template.id} data-row={template.id}>
              <Cell>
                <div className="flex min-w-0 items-center gap-3">
                  <TemplateIcon icon={template.icon} />
                  <div className="min-w-0">
                    <p className="truncate font-medium" title={template.description || template.displayName}>
                      <Link href={`/templates/${encodeURIComponent(template.name)}`} data-row-link className="rounded hover:underline">
                        {template.displayName}
                      </Link>
                    </p>
                    <p className="truncate text-sm text-ink-faint">
                      {template.category} · version {template.version}
                      {template.tried ? "" : " · not tried here"}
                    </p>
                  </div>
                </div>
              </Cell>
              <Cell wide className="truncate font-mono text-xs text-ink-soft">
                <span title={template.image}>{template.image}</span>
              </Cell>
              <Cell wide className="tabular truncate text-sm text-ink-soft">
                {memoryWords(template.defaultResources.memory)} · {cpuWords(template.defaultResources.cpu)}
              </Cell>
              <Cell wide className="tabular text-sm text-ink-soft">
                {durationWords(template.idleTimeout)}
              </Cell>
              <Cell wide>
                <Badge tone={template.security === "compatible" ? "warning" : "plain"}>{template.security}</Badge>
              </Cell>
              <Cell>
                <div className="flex justify-end">
                  <ButtonLink
                    size="small"
                    href={`/sessions/new?template=${encodeURIComponent(template.name)}`}
                    icon={<Play aria-hidden className="size-3.5" />}
                    aria-label={`Launch ${template.displayName}`}
                  >
                    Launch
                  </ButtonLink>
                </div>
              </Cell>
            </tr>
          ))}
        </Table>
      )}
      <CursorPager pagination={templates.data.pagination} after={filters.after} shown={shown.length} onGo={(place) => change(place)} />
    </div>
  );
}
