import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { z } from "zod";
import { Forbidden } from "../../../components/feedback/forbidden";
import { PageBody } from "../../../components/shell/page-body";
import { UserPage } from "../../../components/users/user-page";
import { deedsOf, sessionsOf } from "../../../components/users/user-reads";
import { prefetchOrNotFound, requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

interface Props {
  params: Promise<{ id: string }>;
}

export const metadata: Metadata = { title: "User" };

export default async function OneUserPage({ params }: Props) {
  const { id } = await params;
  const user = await requireUser(`/users/${encodeURIComponent(id)}`);
  if (user.role !== "admin") return <Forbidden title="User" needs="administrators" />;
  if (!z.uuid().safeParse(id).success) notFound();
  const { trpc, queryClient } = serverQueries();
  const deeds = deedsOf(id);
  await Promise.all([
    prefetchOrNotFound(async () => {
      const { username } = await queryClient.fetchQuery({ ...trpc.users.get.queryOptions({ id }), retry: false });
      await queryClient.prefetchQuery(trpc.sessions.list.queryOptions(sessionsOf(username)));
    }),
    queryClient.prefetchQuery(trpc.users.usage.queryOptions({ id })),
    queryClient.prefetchQuery(trpc.tokens.list.queryOptions({ userId: id })),
    ...Object.values(deeds).map((asked) => queryClient.prefetchQuery(trpc.audit.list.queryOptions(asked))),
  ]);
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <UserPage id={id} />
      </PageBody>
    </Hydrate>
  );
}
