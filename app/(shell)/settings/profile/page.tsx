import type { Metadata } from "next";
import { Profile } from "../../../components/settings/profile";
import { PageBody } from "../../../components/shell/page-body";
import { PageHeader } from "../../../components/shell/page-header";
import { requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

export const metadata: Metadata = { title: "Settings" };

export default async function ProfilePage() {
  await requireUser("/settings/profile");
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.auth.me.queryOptions());
  return (
    <Hydrate of={queryClient}>
      <PageBody narrow>
        <PageHeader title="Settings" />
        <Profile />
      </PageBody>
    </Hydrate>
  );
}
