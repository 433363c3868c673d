import type { Metadata } from "next";
import { Forbidden } from "../../components/feedback/forbidden";
import { PageBody } from "../../components/shell/page-body";
import { readUserFilters, userListInput } from "../../components/users/user-filters";
import { UsersList } from "../../components/users/users-list";
import { requireUser, serverQueries } from "../../server-caller";
import { Hydrate } from "../../trpc/hydrate";
import { type PageQuery, readQuery } from "../page-query";

export const metadata: Metadata = { title: "Users" };

export default async function UsersPage({ searchParams }: { searchParams: PageQuery }) {
  const query = await readQuery(searchParams);
  const user = await requireUser(query.size > 0 ? `/users?${query}` : "/users");
  if (user.role !== "admin") return <Forbidden title="Users" needs="administrators" />;
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.users.list.queryOptions(userListInput(readUserFilters(query))));
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <UsersList />
      </PageBody>
    </Hydrate>
  );
}
