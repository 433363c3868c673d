"use client";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { Tabs } from "radix-ui";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import { SessionDetails } from "./session-details";
import { Timeline } from "./timeline";
import { timelineSteps } from "./timeline-steps";

const SessionLogs = dynamic(() => import("./session-logs").then((module) => module.SessionLogs), { ssr: false });

const tabClass =
  "h-9 border-b-2 border-transparent px-1 text-base text-ink-soft transition-colors duration-150 hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink data-[state=active]:font-medium";

/** Beside the desktop: what happened, and what it is. */
export function SessionPanel({ session }: { session: Outputs["sessions"]["get"] }) {
  const [tab, setTab] = useState("timeline");
  return (
    <aside
      aria-label="About this session"
      className={`flex max-h-[55dvh] w-full shrink-0 flex-col border-t border-line bg-surface md:max-h-none md:border-t-0 md:border-l ${tab === "logs" ? "md:w-140" : "md:w-84"}`}
    >
      <Tabs.Root value={tab} onValueChange={setTab} className="flex min-h-0 flex-1 flex-col">
        <Tabs.List aria-label="About this session" className="flex shrink-0 gap-4 border-b border-line px-4">
          <Tabs.Trigger value="timeline" className={tabClass}>
            Timeline
          </Tabs.Trigger>
          <Tabs.Trigger value="details" className={tabClass}>
            Details
          </Tabs.Trigger>
          {session.may.logs ? (
            <Tabs.Trigger value="logs" className={tabClass}>
              Log
            </Tabs.Trigger>
          ) : null}
        </Tabs.List>
        <Tabs.Content value="timeline" className="min-h-0 flex-1 overflow-y-auto p-4">
          <FullTimeline id={session.id} />
        </Tabs.Content>
        <Tabs.Content value="details" className="min-h-0 flex-1 overflow-y-auto p-4">
          <SessionDetails session={session} />
        </Tabs.Content>
        {session.may.logs ? (
          <Tabs.Content value="logs" className="flex min-h-0 flex-1 flex-col data-[state=inactive]:hidden">
            <SessionLogs session={session} />
          </Tabs.Content>
        ) : null}
      </Tabs.Root>
    </aside>
  );
}

function FullTimeline({ id }: { id: string }) {
  const trpc = useTRPC();
  const events = useQuery(trpc.sessions.events.queryOptions({ id }));
  if (events.data) return <Timeline steps={timelineSteps(events.data.events)} label="Timeline" />;
  if (events.isError)
    return (
      <FailurePanel
        error={events.error}
        title="The timeline could not be read"
        onRetry={() => void events.refetch()}
        busy={events.isFetching}
      />
    );
  return (
    <div className="flex flex-col gap-4">
      {["a", "b", "c", "d"].map((row) => (
        <Bone key={row} className="h-4 w-full" />
      ))}
    </div>
  );
}
