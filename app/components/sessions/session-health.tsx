"use client";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, HeartPulse, LoaderCircle, type LucideIcon, MoonStar, Unplug } from "lucide-react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Fact, Facts } from "../data/facts";
import { RelativeTime } from "../data/relative-time";
import { type StateTone, StatusMark } from "../data/status-mark";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";

type Detail = Outputs["sessions"]["get"];
type Health = Outputs["containers"]["health"];

const look: Readonly<Record<Health["health"], { tone: StateTone; word: string; icon: LucideIcon }>> = {
  healthy: { tone: "running", word: "Healthy", icon: CircleCheck },
  unhealthy: { tone: "warning", word: "Unhealthy", icon: HeartPulse },
  starting: { tone: "moving", word: "Starting", icon: LoaderCircle },
  stopped: { tone: "ended", word: "Not running", icon: MoonStar },
  unknown: { tone: "warning", word: "Not known", icon: Unplug },
};

/** How it is, since when, what each probe answered, and what was done about it. */
export function SessionHealth({ session }: { session: Detail }) {
  const trpc = useTRPC();
  const health = useQuery(trpc.containers.health.queryOptions({ containerId: session.id }));
  if (health.data) return <Known health={health.data} />;
  if (health.isError)
    return (
      <FailurePanel
        error={health.error}
        title="Its health could not be read"
        onRetry={() => void health.refetch()}
        busy={health.isFetching}
      />
    );
  return <Bone className="h-24" />;
}

function Known({ health }: { health: Health }) {
  const { restarts, probes } = health;
  const runs = health.phase === "Running";
  return (
    <section aria-label="Health" className="flex flex-col gap-4">
      <Facts columns>
        <Fact name="Health">
          <StatusMark {...look[health.health]} />
        </Fact>
        {health.since ? (
          <Fact name="Since">
            <RelativeTime at={health.since} />
          </Fact>
        ) : null}
        {restarts.policy === "restart" ? (
          <Fact name="Restarted for being unhealthy">
            <span className="tabular">
              {restarts.count} of {restarts.max} within an hour
            </span>
          </Fact>
        ) : null}
        {restarts.nextAt ? (
          <Fact name="Restarts">
            <RelativeTime at={restarts.nextAt} />
          </Fact>
        ) : null}
      </Facts>
      {health.health === "unhealthy" ? <p className="wrap-anywhere text-warning">{health.message}</p> : null}
      {probes.length > 0 ? (
        <ul aria-label="Probes" className="flex flex-col gap-1.5 text-sm">
          {probes.map(({ probe, ok, message }) => (
            <li key={probe} className="flex min-w-0 items-baseline gap-2">
              {ok ? (
                <CircleCheck aria-label="well" className="size-3.5 shrink-0 translate-y-0.5 text-running" />
              ) : (
                <CircleX aria-label="failed" className="size-3.5 shrink-0 translate-y-0.5 text-failed" />
              )}
              <span className="min-w-0 wrap-anywhere">
                <span className="font-medium">{probe}</span> <span className="text-ink-soft">{message}</span>
              </span>
            </li>
          ))}
        </ul>
      ) : runs ? (
        <p className="text-sm text-ink-soft">
          {health.probed
            ? "Its agent has not asked it yet."
            : "Nobody asks it how it is: its template has no probes, or its agent is too old for them."}
        </p>
      ) : null}
    </section>
  );
}
