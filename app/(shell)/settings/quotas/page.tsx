import type { Metadata } from "next";
import { Forbidden } from "../../../components/feedback/forbidden";
import { RoleQuotas } from "../../../components/quotas/role-quotas";
import { SettingsFrame } from "../../../components/settings/settings-frame";
import { requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

export const metadata: Metadata = { title: "Quotas" };

export default async function QuotasPage() {
  const user = await requireUser("/settings/quotas");
  if (user.role !== "admin") return <Forbidden title="Quotas" needs="administrators" />;
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.quotas.list.queryOptions());
  return (
    <Hydrate of={queryClient}>
      <SettingsFrame>
        <RoleQuotas />
      </SettingsFrame>
    </Hydrate>
  );
}
