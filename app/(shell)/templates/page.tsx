import type { Metadata } from "next";
import { PageBody } from "../../components/shell/page-body";
import { PageHeader } from "../../components/shell/page-header";
import { TemplatesList } from "../../components/templates/templates-list";
import { requireUser, serverQueries } from "../../server-caller";
import { Hydrate } from "../../trpc/hydrate";

export const metadata: Metadata = { title: "Templates" };

export default async function TemplatesPage() {
  await requireUser("/templates");
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.templates.list.queryOptions({ limit: 100, page: 1 }));
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <PageHeader
          title="Templates"
          lead="What a session is started from: an image, how its display is reached, and what it gets by default."
        />
        <TemplatesList />
      </PageBody>
    </Hydrate>
  );
}
