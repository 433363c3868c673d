import type { Metadata } from "next";
import { Profile } from "../../../components/settings/profile";
import { SettingsFrame } from "../../../components/settings/settings-frame";
import { requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

export const metadata: Metadata = { title: "Profile" };

export default async function ProfilePage() {
  await requireUser("/settings/profile");
  const { trpc, queryClient } = serverQueries();
  await Promise.all([queryClient.prefetchQuery(trpc.auth.me.queryOptions()), queryClient.prefetchQuery(trpc.account.usage.queryOptions())]);
  return (
    <Hydrate of={queryClient}>
      <SettingsFrame>
        <Profile />
      </SettingsFrame>
    </Hydrate>
  );
}
