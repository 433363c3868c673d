import type { Metadata } from "next";
import { homesInput, readHomesFilters } from "../../components/homes/homes-filters";
import { HomesList } from "../../components/homes/homes-list";
import { PageBody } from "../../components/shell/page-body";
import { PageHeader } from "../../components/shell/page-header";
import { MySnapshots } from "../../components/snapshots/my-snapshots";
import { requireUser, serverQueries } from "../../server-caller";
import { Hydrate } from "../../trpc/hydrate";
import { type PageQuery, readQuery } from "../page-query";

export const metadata: Metadata = { title: "Homes" };

export default async function HomesPage({ searchParams }: { searchParams: PageQuery }) {
  const query = await readQuery(searchParams);
  await requireUser(query.size > 0 ? `/homes?${query}` : "/homes");
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.homes.list.queryOptions(homesInput(readHomesFilters(query))));
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <PageHeader title="Homes" lead="The files of sessions. A home outlives its session and can be used by a new one." />
        <HomesList />
        <MySnapshots />
      </PageBody>
    </Hydrate>
  );
}
