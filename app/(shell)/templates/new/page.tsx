import type { Metadata } from "next";
import { Forbidden } from "../../../components/feedback/forbidden";
import { PageBody } from "../../../components/shell/page-body";
import { PageHeader } from "../../../components/shell/page-header";
import { TemplateEditor } from "../../../components/templates/template-editor";
import { requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

export const metadata: Metadata = { title: "New template" };

export default async function NewTemplatePage() {
  const user = await requireUser("/templates/new");
  if (user.role !== "admin") return <Forbidden title="New template" needs="administrators" />;
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.templates.icons.queryOptions());
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <PageHeader
          title="New template"
          crumbs={[{ href: "/templates", label: "Templates" }]}
          lead="One that is almost it can be cloned from its page instead."
        />
        <TemplateEditor from={null} />
      </PageBody>
    </Hydrate>
  );
}
