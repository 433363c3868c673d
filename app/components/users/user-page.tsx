"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { counted } from "../../format/quantity";
import { type Outputs, useTRPC } from "../../trpc/client";
import { CopyText } from "../data/copy-text";
import { Fact, Facts } from "../data/facts";
import { Card, Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { FailurePanel } from "../feedback/failure-panel";
import { Reading } from "../feedback/reading";
import { Bone, PageBones } from "../feedback/skeleton";
import { UserQuota } from "../quotas/user-quota";
import { SessionRows } from "../sessions/session-rows";
import { PageHeader } from "../shell/page-header";
import { ApiTokens } from "../tokens/api-tokens";
import { roleWords } from "./role-words";
import { UserDeeds } from "./user-deeds";
import { SESSIONS_SHOWN, sessionsOf } from "./user-reads";
import { UserMenu } from "./user-row-menu";
import { UserStanding } from "./user-standing";
import { signsInWith } from "./user-words";

const crumbs = [{ href: "/users", label: "Users" }];

export function UserPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.users.get.queryOptions({ id }));
  return (
    <Reading
      query={query}
      title="The user could not be read"
      header={<PageHeader title="User" crumbs={crumbs} />}
      bones={
        <PageBones>
          <Bone className="h-40 w-full" />
        </PageBones>
      }
    >
      {(user) => <ReadUser user={user} />}
    </Reading>
  );
}

function ReadUser({ user }: { user: Outputs["users"]["get"] }) {
  const trpc = useTRPC();
  const { id } = user;
  const sessions = useQuery(trpc.sessions.list.queryOptions(sessionsOf(user.username)));
  return (
    <>
      <PageHeader
        title={user.username}
        crumbs={crumbs}
        mark={<UserStanding user={user} />}
        lead={user.displayName}
        action={<UserMenu user={user} labelled />}
      />
      <Panel title="Account">
        <Card className="p-4">
          <Facts columns>
            {user.kind === "service" ? <Fact name="Kind">service account</Fact> : <Fact name="Email">{user.email ?? "none"}</Fact>}
            <Fact name={user.kind === "service" ? "Comes by" : "Signs in with"}>{signsInWith(user)}</Fact>
            {user.kind === "service" ? null : (
              <Fact name="Last sign-in">
                <RelativeTime at={user.lastLoginAt} />
              </Fact>
            )}
            <Fact name="Added">
              <RelativeTime at={user.createdAt} />
            </Fact>
            {user.invitedUntil ? (
              <Fact name="Link runs out">
                <RelativeTime at={user.invitedUntil} />
              </Fact>
            ) : null}
            <Fact name="Id">
              <CopyText text={user.id} shown={user.id.slice(0, 8)} label="user id" />
            </Fact>
            <Fact name="Role">{roleWords[user.role].name}</Fact>
          </Facts>
          <p className="mt-4 border-t border-line pt-3 text-sm text-ink-soft">{roleWords[user.role].may}</p>
        </Card>
      </Panel>
      <UserQuota user={user} />
      {user.kind === "service" ? (
        <ApiTokens userId={id} title="API tokens" />
      ) : (
        <ApiTokens userId={id} title={`API tokens of ${user.username}`} mayMake={false} />
      )}
      <Panel title="Sessions">
        {sessions.data && sessions.data.sessions.length > 0 ? (
          <SessionRows sessions={sessions.data.sessions} label={`Sessions of ${user.username}`} showOwner={false} />
        ) : sessions.isError ? (
          <FailurePanel
            error={sessions.error}
            title="The sessions could not be read"
            onRetry={() => void sessions.refetch()}
            busy={sessions.isFetching}
          />
        ) : (
          <p className="text-ink-soft">{sessions.data ? "Has no session now." : "…"}</p>
        )}
        {sessions.data && sessions.data.pagination.total > SESSIONS_SHOWN ? (
          <Link href={`/sessions?user=${encodeURIComponent(user.username)}`} className="text-sm text-accent hover:underline">
            All {counted(sessions.data.pagination.total, "session")}
          </Link>
        ) : null}
      </Panel>
      <UserDeeds id={id} username={user.username} />
    </>
  );
}
