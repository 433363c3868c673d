import type { Metadata } from "next";
import { LaunchPage } from "../../../components/sessions/launch-page";
import { PageBody } from "../../../components/shell/page-body";
import { catalogueInput, readCatalogueFilters } from "../../../components/templates/catalogue-filters";
import { requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";
import { type PageQuery, readQuery } from "../../page-query";

export const metadata: Metadata = { title: "New session" };

export default async function NewSessionPage({ searchParams }: { searchParams: PageQuery }) {
  const query = await readQuery(searchParams);
  const template = query.get("template")?.slice(0, 63) || null;
  const snapshot = /^[0-9a-f-]{36}$/.exec(query.get("snapshot") ?? "")?.[0] ?? null;
  const filters = readCatalogueFilters(query);
  const user = await requireUser(query.size > 0 ? `/sessions/new?${query}` : "/sessions/new");
  const { trpc, queryClient } = serverQueries();
  await Promise.all(
    template
      ? [
          queryClient.prefetchQuery(trpc.templates.get.queryOptions({ name: template })),
          queryClient.prefetchQuery(trpc.homes.list.queryOptions({ user: user.username, free: true, limit: 100, page: 1 })),
        ]
      : [
          queryClient.prefetchQuery(trpc.templates.list.queryOptions(catalogueInput(filters))),
          queryClient.prefetchQuery(trpc.templates.shelves.queryOptions()),
        ],
  );
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <LaunchPage template={template} home={filters.home || null} snapshot={snapshot} />
      </PageBody>
    </Hydrate>
  );
}
