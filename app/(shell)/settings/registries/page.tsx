import type { Metadata } from "next";
import { Forbidden } from "../../../components/feedback/forbidden";
import { RegistriesList } from "../../../components/registries/registries-list";
import { SettingsFrame } from "../../../components/settings/settings-frame";
import { requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

export const metadata: Metadata = { title: "Image registries" };

export default async function RegistriesPage() {
  const user = await requireUser("/settings/registries");
  if (user.role !== "admin") return <Forbidden title="Image registries" needs="administrators" />;
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.registries.list.queryOptions());
  return (
    <Hydrate of={queryClient}>
      <SettingsFrame>
        <RegistriesList />
      </SettingsFrame>
    </Hydrate>
  );
}
