import type { Metadata } from "next";
import { Security } from "../../../components/settings/security";
import { SettingsFrame } from "../../../components/settings/settings-frame";
import { requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

export const metadata: Metadata = { title: "Security" };

export default async function SecurityPage() {
  await requireUser("/settings/security");
  const { trpc, queryClient } = serverQueries();
  await Promise.all([
    queryClient.prefetchQuery(trpc.auth.me.queryOptions()),
    queryClient.prefetchQuery(trpc.account.secondFactor.queryOptions()),
    queryClient.prefetchQuery(trpc.account.logins.queryOptions()),
  ]);
  return (
    <Hydrate of={queryClient}>
      <SettingsFrame>
        <Security />
      </SettingsFrame>
    </Hydrate>
  );
}
