import type { Metadata } from "next";
import { Forbidden } from "../../../../components/feedback/forbidden";
import { PageBody } from "../../../../components/shell/page-body";
import { WebhookPage } from "../../../../components/webhooks/webhook-page";
import { prefetchOrNotFound, requireUser, serverQueries } from "../../../../server-caller";
import { Hydrate } from "../../../../trpc/hydrate";

export const metadata: Metadata = { title: "Webhook" };

export default async function OneWebhookPage({ params }: { params: Promise<{ id: string }> }) {
  const id = decodeURIComponent((await params).id);
  const user = await requireUser(`/settings/webhooks/${encodeURIComponent(id)}`);
  if (user.role !== "admin") return <Forbidden title="Webhook" needs="administrators" />;
  const { trpc, queryClient } = serverQueries();
  await Promise.all([
    prefetchOrNotFound(() => queryClient.fetchQuery({ ...trpc.webhooks.get.queryOptions({ id }), retry: false })),
    queryClient.prefetchQuery(trpc.webhooks.deliveries.queryOptions({ id, page: 1, limit: 20 })),
  ]);
  return (
    <Hydrate of={queryClient}>
      <PageBody narrow>
        <WebhookPage id={id} />
      </PageBody>
    </Hydrate>
  );
}
