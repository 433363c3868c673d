"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { Card, Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";

const tones = { info: "text-ink", warn: "text-warning", error: "text-failed" } as const;

/** What the agent itself has of its node: kept there, in its memory, since it was started. */
export function NodeEvents({ id }: { id: string }) {
  const trpc = useTRPC();
  const asked = useQuery(trpc.agents.nodeEvents.queryOptions({ id, limit: 10 }, { refetchInterval: 30_000, retry: false }));
  return (
    <Panel title="On the node">
      {asked.data ? (
        asked.data.events.length > 0 ? (
          <Card>
            <ul aria-label="On the node" className="divide-y divide-line">
              {asked.data.events.map((event) => (
                <li key={event.id} className="flex items-baseline justify-between gap-3 px-4 py-2">
                  <div className="min-w-0">
                    <p className={`truncate font-mono text-sm ${tones[event.level]}`}>{event.type}</p>
                    <p className="text-sm text-ink-soft wrap-anywhere">{event.message}</p>
                  </div>
                  <RelativeTime at={event.at} className="text-sm text-ink-soft" />
                </li>
              ))}
            </ul>
          </Card>
        ) : (
          <p className="text-ink-soft">The agent has nothing to tell since it was started.</p>
        )
      ) : asked.isError ? (
        <FailurePanel
          error={asked.error}
          title="The agent could not be asked"
          onRetry={() => void asked.refetch()}
          busy={asked.isFetching}
        />
      ) : (
        <RowBones rows={3} />
      )}
    </Panel>
  );
}
