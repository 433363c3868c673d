"use client";
import { useQuery } from "@tanstack/react-query";
import { Activity } from "lucide-react";
import { counted } from "../../format/quantity";
import { useTRPC } from "../../trpc/client";
import { Fact, Facts } from "../data/facts";
import { Card, Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";

/** How much it is used: now, and in the last thirty days. */
export function TemplateUsage({ name }: { name: string }) {
  const trpc = useTRPC();
  const usage = useQuery(trpc.templates.usage.queryOptions({ name }));
  if (!usage.data) {
    return usage.isError ? (
      <FailurePanel error={usage.error} title="The usage could not be read" onRetry={() => void usage.refetch()} busy={usage.isFetching} />
    ) : (
      <Bone className="h-64 w-full" />
    );
  }
  const { live, running, startedEver, startedLast30Days, peopleLast30Days, lastStartedAt, liveByVersion, days } = usage.data;
  if (startedEver === 0) {
    return (
      <EmptyState icon={<Activity aria-hidden />} title="Never started">
        No session was started from this template. When some were, this says how many, by whom how often, and from which version.
      </EmptyState>
    );
  }
  const most = Math.max(1, ...days.map(({ started }) => started));
  return (
    <>
      <Panel title="Now">
        <Card className="p-4">
          <Facts columns>
            <Fact name="Running">{counted(running, "session")}</Fact>
            <Fact name="Live, hibernated ones too">{counted(live, "session")}</Fact>
            <Fact name="Last started">
              <RelativeTime at={lastStartedAt} />
            </Fact>
            <Fact name="Started in 30 days">{counted(startedLast30Days, "session")}</Fact>
            <Fact name="By">{counted(peopleLast30Days, "person", "people")}</Fact>
            <Fact name="Started since it is there">{counted(startedEver, "session")}</Fact>
          </Facts>
        </Card>
      </Panel>
      <Panel title="Starts of the last 30 days">
        <Card className="p-4">
          <p className="sr-only">
            {days
              .filter(({ started }) => started > 0)
              .map(({ day, started }) => `${day}: ${started}`)
              .join(", ") || "None"}
          </p>
          <div aria-hidden className="flex h-24 items-end gap-px sm:gap-1">
            {days.map(({ day, started }) => (
              <div key={day} title={`${day}: ${counted(started, "start")}`} className="flex h-full flex-1 items-end">
                <div
                  className={`w-full rounded-t-sm ${started > 0 ? "bg-accent" : "bg-line"}`}
                  style={{ height: `${Math.max(3, (started / most) * 100)}%` }}
                />
              </div>
            ))}
          </div>
          <p aria-hidden className="tabular mt-2 flex justify-between text-xs text-ink-faint">
            <span>{days[0]?.day}</span>
            <span>at most {most} a day</span>
            <span>{days.at(-1)?.day}</span>
          </p>
        </Card>
      </Panel>
      {liveByVersion.length > 0 ? (
        <Panel title="Live sessions by version">
          <Card className="divide-y divide-line">
            {liveByVersion.map(({ version, sessions }) => (
              <p key={version} className="tabular flex justify-between px-4 py-2.5">
                <span>Version {version}</span>
                <span className="text-ink-soft">{counted(sessions, "session")}</span>
              </p>
            ))}
          </Card>
        </Panel>
      ) : null}
    </>
  );
}
