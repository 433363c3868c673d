"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { RelativeTime } from "../data/relative-time";
import { FailurePanel } from "../feedback/failure-panel";

type Share = Outputs["shares"]["list"]["shares"][number];

/** Who may come to this screen or app; taking it back ends what they have open at once. */
export function ShareList({ shares, shows }: { shares: readonly Share[]; shows: "screen" | "app" }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const revoke = useMutation(
    trpc.shares.revoke.mutationOptions({ onSettled: () => queryClient.invalidateQueries(trpc.shares.list.pathFilter()) }),
  );
  if (shares.length === 0) return <p className="text-sm text-ink-faint">Shared with nobody.</p>;
  return (
    <div className="flex flex-col gap-2">
      <h3 className="text-sm font-medium">Shared with</h3>
      <ul className="flex flex-col divide-y divide-line rounded-lg border border-line">
        {shares.map((share) => {
          const name = share.user ?? (share.label || "Whoever has the link");
          return (
            <li key={share.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
              <span className="min-w-0 flex-1 wrap-anywhere">{name}</span>
              <span className="text-sm text-ink-soft">
                {shows === "app" ? "uses it" : share.mode === "view" ? "watches" : "may have control"}
              </span>
              {share.expiresAt ? (
                <span className="text-sm text-ink-faint">
                  ends <RelativeTime at={share.expiresAt} />
                </span>
              ) : null}
              <Button
                size="small"
                busy={revoke.isPending && revoke.variables.id === share.id}
                onClick={() => revoke.mutate({ id: share.id })}
                aria-label={`Take back: ${name}`}
              >
                Take back
              </Button>
            </li>
          );
        })}
      </ul>
      {revoke.isError ? <FailurePanel error={revoke.error} title="It could not be taken back" /> : null}
    </div>
  );
}
