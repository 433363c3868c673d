"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useTRPC } from "../../trpc/client";
import { ButtonLink } from "../controls/button";
import { Panel } from "../data/panel";
import { FailurePanel } from "../feedback/failure-panel";
import { Notice } from "../feedback/notice";
import { RowBones } from "../feedback/skeleton";
import { SessionRows } from "../sessions/session-rows";
import { PageHeader } from "../shell/page-header";
import { isOperator, useCurrentUser } from "../shell/user-context";
import { CatalogueStart } from "../templates/catalogue-start";
import { FleetHealth } from "./fleet-health";

/** A user wants a desktop now; an operator wants to know whether anything is wrong. */
export function Overview() {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const status = useQuery(trpc.system.status.queryOptions());
  const mine = useQuery(trpc.sessions.list.queryOptions({ user: user.username, live: true, limit: 5, page: 1 }));
  return (
    <>
      <PageHeader
        title="Overview"
        crumbs={null}
        action={
          <ButtonLink look="primary" href="/sessions/new" icon={<Plus aria-hidden className="size-4" />}>
            New session
          </ButtonLink>
        }
      />
      {status.data?.notices.map((notice) => (
        <Notice key={notice} tone="warning">
          {notice}
        </Notice>
      ))}
      {isOperator(user) ? <FleetHealth /> : null}
      <Panel
        title="Your sessions"
        action={
          <Link href="/sessions" className="text-sm text-ink-soft hover:text-ink hover:underline">
            All sessions
          </Link>
        }
      >
        {mine.data ? (
          mine.data.sessions.length > 0 ? (
            <SessionRows sessions={mine.data.sessions} label="Your sessions" showOwner={false} />
          ) : (
            <p className="rounded-lg border border-dashed border-line-strong/60 px-4 py-6 text-center text-ink-soft">
              You have none right now. Launch one below: it starts in seconds.
            </p>
          )
        ) : mine.isError ? (
          <FailurePanel
            error={mine.error}
            title="Your sessions could not be read"
            onRetry={() => void mine.refetch()}
            busy={mine.isFetching}
          />
        ) : (
          <RowBones rows={2} />
        )}
      </Panel>
      <Panel
        title="Start something"
        action={
          <Link href="/sessions/new" className="text-sm text-ink-soft hover:text-ink hover:underline">
            All templates
          </Link>
        }
      >
        <CatalogueStart first={6} />
      </Panel>
    </>
  );
}
