"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { RelativeTime } from "../data/relative-time";
import { FailurePanel } from "../feedback/failure-panel";

/** Links to this session's ports, who came by them, and how they are taken back. Nothing where there are none. */
export function PortLinks({ sessionId }: { sessionId: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const found = useQuery(trpc.ports.shares.queryOptions({ id: sessionId }));
  const unshare = useMutation(
    trpc.ports.unshare.mutationOptions({
      onSettled: () => queryClient.invalidateQueries(trpc.ports.shares.queryFilter({ id: sessionId })),
    }),
  );
  if (found.isError)
    return (
      <FailurePanel error={found.error} title="The links could not be read" onRetry={() => void found.refetch()} busy={found.isFetching} />
    );
  if (!found.data || found.data.shares.length === 0) return null;
  return (
    <section aria-label="Links" className="flex flex-col gap-2">
      <h3 className="text-sm font-medium">Links to ports</h3>
      <ul className="flex flex-col divide-y divide-line rounded-lg border border-line">
        {found.data.shares.map((share) => {
          const name = share.label || `Port ${share.port}`;
          return (
            <li key={share.id} className="flex flex-col gap-1 px-3 py-2">
              <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span className="min-w-0 flex-1 wrap-anywhere">
                  {name}
                  {share.label ? <span className="text-sm text-ink-soft"> · port {share.port}</span> : null}
                </span>
                <span className="text-sm text-ink-faint">
                  ends <RelativeTime at={share.expiresAt} />
                </span>
                <Button
                  size="small"
                  busy={unshare.isPending && unshare.variables.shareId === share.id}
                  onClick={() => unshare.mutate({ id: sessionId, shareId: share.id })}
                  aria-label={`Take back: ${name}`}
                >
                  Take back
                </Button>
              </div>
              <p className="text-sm text-ink-soft wrap-anywhere">
                {share.visits.length === 0 ? "Nobody came by it yet." : null}
                {share.visits.map((visit, place) => (
                  <span key={visit.user}>
                    {place > 0 ? ", " : "Used by "}
                    {visit.user} <RelativeTime at={visit.lastAt} className="text-ink-faint" />
                  </span>
                ))}
              </p>
            </li>
          );
        })}
      </ul>
      {unshare.isError ? <FailurePanel error={unshare.error} title="It could not be taken back" /> : null}
    </section>
  );
}
