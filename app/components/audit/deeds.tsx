"use client";
import { useQuery } from "@tanstack/react-query";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Card, Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";

export type Entry = Outputs["audit"]["list"]["entries"][number];

interface DeedsProps {
  title: string;
  none: string;
  asked: { targetId?: string; actorId?: string; action?: string; limit: number; page: number };
  words: (entry: Entry) => string;
}

/** The newest entries of the audit log that are asked for, as a panel of somebody's or something's page. */
export function Deeds({ title, none, asked, words }: DeedsProps) {
  const trpc = useTRPC();
  const audit = useQuery(trpc.audit.list.queryOptions(asked, { refetchInterval: 30_000 }));
  return (
    <Panel title={title}>
      {audit.data ? (
        audit.data.entries.length > 0 ? (
          <Card>
            <ul aria-label={title} className="divide-y divide-line">
              {audit.data.entries.map((entry) => (
                <li key={entry.id} className="flex items-baseline justify-between gap-3 px-4 py-2">
                  <div className="min-w-0">
                    <p className="truncate font-mono text-sm">{entry.action}</p>
                    <p className="tabular text-sm text-ink-faint wrap-anywhere">
                      {[words(entry), entry.address ? `from ${entry.address}` : ""].filter(Boolean).join(" ")}
                    </p>
                  </div>
                  <RelativeTime at={entry.at} className="text-sm text-ink-soft" />
                </li>
              ))}
            </ul>
          </Card>
        ) : (
          <p className="text-ink-soft">{none}</p>
        )
      ) : audit.isError ? (
        <FailurePanel
          error={audit.error}
          title="The audit log could not be read"
          onRetry={() => void audit.refetch()}
          busy={audit.isFetching}
        />
      ) : (
        <RowBones rows={3} />
      )}
    </Panel>
  );
}
