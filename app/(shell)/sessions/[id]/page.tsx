import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { z } from "zod";
import { SessionPage } from "../../../components/sessions/session-page";
import { isNavigationWithin, prefetchOrNotFound, requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

interface Props {
  params: Promise<{ id: string }>;
}

export const metadata: Metadata = { title: "Session" };

export default async function OneSessionPage({ params }: Props) {
  const { id } = await params;
  await requireUser(`/sessions/${encodeURIComponent(id)}`);
  if (!z.uuid().safeParse(id).success) notFound();
  const { trpc, queryClient } = serverQueries();
  // Within the app the browser may have the session already, as it does after a launch: there is nothing to wait for.
  if (!(await isNavigationWithin())) {
    await Promise.all([
      prefetchOrNotFound(() => queryClient.fetchQuery({ ...trpc.sessions.get.queryOptions({ id }), retry: false })),
      queryClient.prefetchQuery(trpc.sessions.events.queryOptions({ id })),
    ]);
  }
  return (
    <Hydrate of={queryClient}>
      <SessionPage key={id} id={id} />
    </Hydrate>
  );
}
