import type { Metadata } from "next";
import { Forbidden } from "../../components/feedback/forbidden";
import { PageBody } from "../../components/shell/page-body";
import { UsersList } from "../../components/users/users-list";
import { requireUser, serverQueries } from "../../server-caller";
import { Hydrate } from "../../trpc/hydrate";

export const metadata: Metadata = { title: "Users" };

export default async function UsersPage() {
  const user = await requireUser("/users");
  if (user.role !== "admin") return <Forbidden title="Users" needs="administrators" />;
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.users.list.queryOptions({ page: 1, limit: 50 }));
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <UsersList />
      </PageBody>
    </Hydrate>
  );
}
