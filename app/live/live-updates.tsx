"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect, useMemo } from "react";
import { useTRPC } from "../trpc/client";
import { Invalidations } from "./invalidation";

/** Keeps everything on the page right: one subscription, resumed where it broke off. */
export function LiveUpdates() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const invalidations = useMemo(() => new Invalidations(queryClient, trpc), [queryClient, trpc]);
  useEffect(() => () => invalidations.stop(), [invalidations]);
  useSubscription(trpc.live.events.subscriptionOptions(undefined, { onData: ({ data }) => invalidations.add(data) }));
  return null;
}
