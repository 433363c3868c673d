"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "../../trpc/client";
import { Badge } from "../data/badge";
import { CopyText } from "../data/copy-text";
import { CursorPager } from "../data/cursor-pager";
import { RelativeTime } from "../data/relative-time";
import { Cell, Head, Table } from "../data/table";
import { useUrlFilters } from "../data/use-url-filters";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { auditListInput, isFiltered, readAuditFilters, writeAuditFilters } from "./audit-filters";
import { AuditToolbar } from "./audit-toolbar";

export function AuditList() {
  const trpc = useTRPC();
  const [filters, setFilters] = useUrlFilters(readAuditFilters, writeAuditFilters);
  const audit = useQuery(
    trpc.audit.list.queryOptions(auditListInput(filters), { placeholderData: keepPreviousData, refetchInterval: 30_000 }),
  );
  return (
    <div className="flex flex-col gap-4">
      <AuditToolbar filters={filters} onChange={(change) => setFilters({ ...filters, ...change, after: "", page: 1 })} />
      {audit.data ? (
        audit.data.entries.length > 0 ? (
          <>
            <Table
              label="Audit log"
              head={
                <>
                  <Head className="w-28">When</Head>
                  <Head>What</Head>
                  <Head wide className="w-44">
                    Who
                  </Head>
                  <Head wide className="w-56">
                    On what
                  </Head>
                  <Head wide className="w-36">
                    From
                  </Head>
                </>
              }
            >
              {audit.data.entries.map((entry) => (
                <tr key={entry.id}>
                  <Cell className="text-sm text-ink-soft">
                    <RelativeTime at={entry.at} />
                  </Cell>
                  <Cell>
                    <p className="flex items-center gap-2">
                      <span className="truncate font-mono text-sm">{entry.action}</span>
                      {entry.result === "succeeded" ? null : <Badge tone="warning">{entry.result}</Badge>}
                    </p>
                    <p className="truncate text-sm text-ink-faint" title={detailWords(entry.details)}>
                      <span className="md:hidden">{entry.actorName ?? entry.actorKind} </span>
                      {detailWords(entry.details)}
                    </p>
                  </Cell>
                  <Cell wide className="truncate">
                    {entry.actorName ?? entry.actorKind}
                    {entry.actorToken === null ? null : (
                      <span className="text-ink-faint" title={`By the API token '${entry.actorToken}'`}>
                        {" "}
                        by token {entry.actorToken}
                      </span>
                    )}
                    {entry.actorKind === "user" || entry.actorName === null ? null : (
                      <span className="text-ink-faint"> ({entry.actorKind})</span>
                    )}
                  </Cell>
                  <Cell wide className="truncate text-sm text-ink-soft">
                    {entry.targetKind === "task" && entry.targetId ? (
                      <Link
                        href={`/tasks/${entry.targetId}`}
                        className="underline decoration-line-strong underline-offset-2 hover:text-ink"
                      >
                        task
                      </Link>
                    ) : (
                      (entry.targetKind ?? "")
                    )}{" "}
                    {entry.targetId ? <CopyText text={entry.targetId} shown={entry.targetId.slice(0, 8)} label="id" /> : null}
                  </Cell>
                  <Cell wide className="tabular truncate text-sm text-ink-soft">
                    {entry.address ?? ""}
                  </Cell>
                </tr>
              ))}
            </Table>
            <CursorPager
              pagination={audit.data.pagination}
              after={filters.after}
              shown={audit.data.entries.length}
              onGo={(place) => setFilters({ ...filters, ...place })}
            />
          </>
        ) : (
          <EmptyState icon={<ScrollText aria-hidden />} title={isFiltered(filters) || filters.after ? "No such entries" : "Nothing yet"}>
            Every change that a person, an agent or Berth itself makes is written here, with who and from where, and every one that was
            refused.
          </EmptyState>
        )
      ) : audit.isError ? (
        <FailurePanel
          error={audit.error}
          title="The audit log could not be read"
          onRetry={() => void audit.refetch()}
          busy={audit.isFetching}
        />
      ) : (
        <RowBones />
      )}
    </div>
  );
}

function detailWords(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" · ");
}
