"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight, CircleAlert, TriangleAlert } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { counted } from "../../format/quantity";
import { useTRPC } from "../../trpc/client";
import { ButtonLink } from "../controls/button";
import { FailurePanel } from "../feedback/failure-panel";
import { Notice } from "../feedback/notice";
import { isAdmin, useCurrentUser } from "../shell/user-context";
import { type Concern, fleetConcerns } from "./fleet-concerns";
import { TileBones } from "./overview-bones";

const amount = (count: number) => count.toLocaleString("en-GB");

/** Whether anything is wrong, and where, at a glance. */
export function FleetHealth() {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const counts = useQuery(trpc.sessions.counts.queryOptions());
  const stats = useQuery(trpc.agents.stats.queryOptions());
  const failed = useQuery(trpc.tasks.list.queryOptions({ state: "failed", limit: 1, page: 1 }));
  if (!counts.data || !stats.data) {
    const broken = [counts, stats].find((query) => query.isError);
    if (broken) {
      return (
        <FailurePanel
          error={broken.error}
          title="The fleet’s figures could not be read"
          onRetry={() => {
            void counts.refetch();
            void stats.refetch();
          }}
          busy={counts.isFetching || stats.isFetching}
        />
      );
    }
    return (
      <output aria-label="Loading">
        <TileBones />
      </output>
    );
  }
  const concerns = fleetConcerns(counts.data, stats.data);
  const { totalCapacity } = stats.data;
  return (
    <section aria-label="Fleet" className="flex flex-col gap-3">
      {stats.data.totalAgents === 0 ? (
        <Notice
          tone="warning"
          action={
            isAdmin(user) ? (
              <ButtonLink size="small" href="/agents/add">
                Add agent
              </ButtonLink>
            ) : null
          }
        >
          No agent has joined yet, so no session can start.
        </Notice>
      ) : (
        <Concerns concerns={concerns} />
      )}
      <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Tile
          name="Running"
          href="/sessions?state=running"
          note={counts.data.pending > 0 ? `${counts.data.pending} on the way` : "sessions"}
        >
          {amount(counts.data.running)}
        </Tile>
        <Tile name="Hibernated" href="/sessions?state=hibernated" note="sessions">
          {amount(counts.data.hibernated)}
        </Tile>
        <Tile name="Agents online" href="/agents" note={`of ${stats.data.totalAgents}`}>
          {amount(stats.data.onlineAgents)}
        </Tile>
        <Tile
          name="Room left"
          href="/agents"
          note={
            totalCapacity.maxSessions > 0 ? (
              <>
                of {totalCapacity.maxSessions.toLocaleString("en-GB")}
                <span className="max-sm:hidden"> sessions</span>
              </>
            ) : stats.data.totalAgents > 0 ? (
              "no limit is set"
            ) : (
              "no agents"
            )
          }
        >
          {totalCapacity.maxSessions > 0 ? amount(stats.data.utilization.sessionsAvailable) : "–"}
        </Tile>
      </dl>
      {failed.data && failed.data.pagination.total > 0 ? (
        <p className="text-sm text-ink-soft">
          <Link
            href="/tasks?state=failed"
            className="underline decoration-line-strong underline-offset-2 hover:text-ink hover:decoration-current"
          >
            {counted(failed.data.pagination.total, "failed task")}
          </Link>{" "}
          in the log.
        </p>
      ) : null}
    </section>
  );
}

function Concerns({ concerns }: { concerns: readonly Concern[] }) {
  if (concerns.length === 0) return null;
  return (
    <ul aria-label="Needs attention" className="divide-y divide-line rounded-lg border border-line bg-surface">
      {concerns.map(({ tone, words, href }) => (
        <li key={words} className="relative flex items-center gap-3 px-4 py-2.5 transition-colors duration-150 hover:bg-sunken/60">
          {tone === "failed" ? (
            <CircleAlert aria-hidden className="size-4 shrink-0 text-failed" />
          ) : (
            <TriangleAlert aria-hidden className="size-4 shrink-0 text-warning" />
          )}
          <Link href={href} className="min-w-0 flex-1 font-medium wrap-anywhere after:absolute after:inset-0">
            {words}
          </Link>
          <ChevronRight aria-hidden className="size-4 shrink-0 text-ink-faint" />
        </li>
      ))}
    </ul>
  );
}

function Tile({ name, href, note, children }: { name: string; href: string; note: ReactNode; children: ReactNode }) {
  return (
    <div className="relative flex flex-col gap-1 rounded-lg border border-line bg-surface p-4 transition-colors duration-150 hover:border-line-strong/60">
      <dt className="text-sm text-ink-soft">
        <Link href={href} className="after:absolute after:inset-0 after:rounded-lg">
          {name}
        </Link>
      </dt>
      <dd className="flex items-baseline gap-2">
        <span className="tabular text-xl font-semibold">{children}</span>
        <span className="tabular truncate text-sm text-ink-faint">{note}</span>
      </dd>
    </div>
  );
}
