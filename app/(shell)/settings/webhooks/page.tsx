import type { Metadata } from "next";
import { Forbidden } from "../../../components/feedback/forbidden";
import { SettingsFrame } from "../../../components/settings/settings-frame";
import { WebhooksList } from "../../../components/webhooks/webhooks-list";
import { requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

export const metadata: Metadata = { title: "Webhooks" };

export default async function WebhooksPage() {
  const user = await requireUser("/settings/webhooks");
  if (user.role !== "admin") return <Forbidden title="Webhooks" needs="administrators" />;
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.webhooks.list.queryOptions());
  return (
    <Hydrate of={queryClient}>
      <SettingsFrame>
        <WebhooksList />
      </SettingsFrame>
    </Hydrate>
  );
}
