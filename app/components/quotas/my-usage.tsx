"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { Panel } from "../data/panel";
import { Reading } from "../feedback/reading";
import { Bone } from "../feedback/skeleton";
import { UsageBars } from "./usage-bars";

/** One's own, which an administrator limits. */
export function MyUsage() {
  const trpc = useTRPC();
  const usage = useQuery(trpc.account.usage.queryOptions());
  return (
    <Panel title="Quota">
      <Reading query={usage} title="Your usage could not be read" bones={<Bone className="h-28 w-full" />}>
        {(read) => <UsageBars usage={read} />}
      </Reading>
      <p className="text-sm text-ink-faint">
        Hibernated sessions take no CPU, and memory only while they are frozen. An administrator sets the limits.
      </p>
    </Panel>
  );
}
