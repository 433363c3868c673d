import type { Metadata } from "next";
import { Forbidden } from "../../../../components/feedback/forbidden";
import { PageBody } from "../../../../components/shell/page-body";
import { EditTemplate } from "../../../../components/templates/edit-template";
import { prefetchOrNotFound, requireUser, serverQueries } from "../../../../server-caller";
import { Hydrate } from "../../../../trpc/hydrate";

interface Props {
  params: Promise<{ name: string }>;
}

export const metadata: Metadata = { title: "Edit template" };

export default async function EditTemplatePage({ params }: Props) {
  const name = decodeURIComponent((await params).name);
  const user = await requireUser(`/templates/${encodeURIComponent(name)}/edit`);
  if (user.role !== "admin") return <Forbidden title="Edit template" needs="administrators" />;
  const { trpc, queryClient } = serverQueries();
  await Promise.all([
    prefetchOrNotFound(() => queryClient.fetchQuery({ ...trpc.templates.get.queryOptions({ name }), retry: false })),
    queryClient.prefetchQuery(trpc.templates.icons.queryOptions()),
  ]);
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <EditTemplate name={name} />
      </PageBody>
    </Hydrate>
  );
}
