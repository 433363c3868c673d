import type { Metadata } from "next";
import { PageBody } from "../../../components/shell/page-body";
import { TemplatePage } from "../../../components/templates/template-page";
import { prefetchOrNotFound, requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";
import { type PageQuery, readQuery } from "../../page-query";

interface Props {
  params: Promise<{ name: string }>;
  searchParams: PageQuery;
}

export const metadata: Metadata = { title: "Template" };

export default async function OneTemplatePage({ params, searchParams }: Props) {
  const name = decodeURIComponent((await params).name);
  const tab = (await readQuery(searchParams)).get("tab");
  const user = await requireUser(`/templates/${encodeURIComponent(name)}${tab ? `?tab=${encodeURIComponent(tab)}` : ""}`);
  const { trpc, queryClient } = serverQueries();
  const staff = user.role !== "user";
  await Promise.all([
    prefetchOrNotFound(() => queryClient.fetchQuery({ ...trpc.templates.get.queryOptions({ name }), retry: false })),
    ...(staff && tab === "versions" ? [queryClient.prefetchQuery(trpc.templates.versions.queryOptions({ name, page: 1 }))] : []),
    ...(staff && tab === "usage" ? [queryClient.prefetchQuery(trpc.templates.usage.queryOptions({ name }))] : []),
  ]);
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <TemplatePage name={name} />
      </PageBody>
    </Hydrate>
  );
}
