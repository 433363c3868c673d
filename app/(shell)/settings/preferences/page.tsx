import type { Metadata } from "next";
import { Preferences } from "../../../components/settings/preferences";
import { SettingsFrame } from "../../../components/settings/settings-frame";
import { requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

export const metadata: Metadata = { title: "Preferences" };

export default async function PreferencesPage() {
  await requireUser("/settings/preferences");
  const { trpc, queryClient } = serverQueries();
  await Promise.all([queryClient.prefetchQuery(trpc.auth.me.queryOptions())]);
  return (
    <Hydrate of={queryClient}>
      <SettingsFrame>
        <Preferences />
      </SettingsFrame>
    </Hydrate>
  );
}
