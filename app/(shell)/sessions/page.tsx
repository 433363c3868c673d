import { Plus } from "lucide-react";
import type { Metadata } from "next";
import { cookies } from "next/headers";
import { ButtonLink } from "../../components/controls/button";
import { SESSION_COLUMNS_COOKIE } from "../../components/sessions/session-columns";
import { listInput, readSessionFilters } from "../../components/sessions/session-filters";
import { SessionsList } from "../../components/sessions/sessions-list";
import { PageBody } from "../../components/shell/page-body";
import { PageHeader } from "../../components/shell/page-header";
import { requireUser, serverQueries } from "../../server-caller";
import { Hydrate } from "../../trpc/hydrate";
import { type PageQuery, readQuery } from "../page-query";

export const metadata: Metadata = { title: "Sessions" };

export default async function SessionsPage({ searchParams }: { searchParams: PageQuery }) {
  const query = await readQuery(searchParams);
  const user = await requireUser(query.size > 0 ? `/sessions?${query}` : "/sessions");
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.sessions.list.queryOptions(listInput(readSessionFilters(query), user.username)));
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <PageHeader
          title="Sessions"
          action={
            <ButtonLink look="primary" href="/sessions/new" icon={<Plus aria-hidden className="size-4" />}>
              New session
            </ButtonLink>
          }
        />
        <SessionsList columnsCookie={(await cookies()).get(SESSION_COLUMNS_COOKIE)?.value} />
      </PageBody>
    </Hydrate>
  );
}
