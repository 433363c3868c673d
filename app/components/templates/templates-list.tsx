"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Boxes, Play } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { cpuWords, durationWords, memoryWords } from "../../format/quantity";
import { useTRPC } from "../../trpc/client";
import { ButtonLink } from "../controls/button";
import { SearchField } from "../controls/search-field";
import { Badge } from "../data/badge";
import { Pager } from "../data/pager";
import { Cell, Head, Table } from "../data/table";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { TemplateIcon } from "./template-icon";

/** Every template with what it is made of; the catalogue for launching is under New session. */
export function TemplatesList() {
  const trpc = useTRPC();
  const [search, setSearch] = useState("");
  const [page, setPage] = useState(1);
  const templates = useQuery(trpc.templates.list.queryOptions({ limit: 100, page: 1 }));
  /** More than come at once: the control plane searches, and pages. */
  const many = (templates.data?.pagination.total ?? 0) > 100;
  const wanted = search.trim().toLowerCase();
  const paged = useQuery({
    ...trpc.templates.list.queryOptions({ limit: 100, page, ...(wanted ? { search: wanted } : {}) }),
    enabled: many,
    placeholderData: keepPreviousData,
  });
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
  const found = (many ? paged.data : null) ?? templates.data;
  const mentions = (template: (typeof found.templates)[number]) =>
    `${template.name} ${template.displayName} ${template.category} ${template.image} ${template.tags.join(" ")}`
      .toLowerCase()
      .includes(wanted);
  const shown = many ? found.templates : found.templates.filter(mentions);
  return (
    <div className="flex flex-col gap-4">
      <SearchField
        label="Search templates"
        value={search}
        onChange={(text) => {
          setSearch(text);
          setPage(1);
        }}
        className="w-full sm:w-72"
      />
      {shown.length === 0 ? (
        <EmptyState icon={<Boxes aria-hidden />} title={search ? "No template matches" : "No templates"}>
          {search
            ? `Nothing here has “${search}” in its name, description or tags.`
            : "Berth brings some at its first start; an administrator adds others."}
        </EmptyState>
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
            <tr key={template.id}>
              <Cell>
                <div className="flex min-w-0 items-center gap-3">
                  <TemplateIcon icon={template.icon} />
                  <div className="min-w-0">
                    <p className="truncate font-medium" title={template.description || template.displayName}>
                      <Link href={`/templates/${encodeURIComponent(template.name)}`} className="rounded hover:underline">
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
      {many ? <Pager {...found.pagination} onPage={setPage} /> : null}
    </div>
  );
}
