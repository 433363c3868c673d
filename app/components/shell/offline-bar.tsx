"use client";
import { useQueryClient } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { formatSpan } from "../../format/time";
import { liveConnection } from "../../live/connection-store";
import { useTRPC } from "../../trpc/client";
import { useNow } from "../data/now";

/** A connection that is back within this is nobody's business. */
const GRACE_MS = 2500;
const ASK_EVERY_MS = 10_000;

/** Says since when what is on the page may be out of date, and goes by itself. */
export function OfflineBar() {
  const { downSince } = useSyncExternalStore(liveConnection.subscribe, liveConnection.get, liveConnection.getInitial);
  return <div aria-live="polite">{downSince === null ? null : <DownFor since={downSince} />}</div>;
}

function DownFor({ since }: { since: number }) {
  useNow();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const down = Date.now() - since;
  const shown = down >= GRACE_MS;
  useEffect(() => {
    if (!shown) return;
    // Either the network is down, or this login has ended: the answer tells, and the latter leads to the sign-in (see `trpc/client`).
    const ask = () =>
      void queryClient.fetchQuery(trpc.auth.me.queryOptions(undefined, { staleTime: 0, retry: false })).catch(() => undefined);
    ask();
    const timer = setInterval(ask, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [shown, queryClient, trpc]);
  if (!shown) return null;
  return (
    <div className="flex items-center gap-2 border-b border-warning/40 bg-warning-soft px-4 py-2 text-sm md:px-8">
      <CloudOff aria-hidden className="size-4 shrink-0 text-warning" />
      <span>
        The control plane has not been reachable for <span className="tabular">{formatSpan(Math.floor(down / 1000) * 1000)}</span>. What you
        see may be out of date; trying again.
      </span>
    </div>
  );
}
