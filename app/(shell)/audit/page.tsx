import type { Metadata } from "next";
import { AuditList } from "../../components/audit/audit-list";
import { Forbidden } from "../../components/feedback/forbidden";
import { PageBody } from "../../components/shell/page-body";
import { PageHeader } from "../../components/shell/page-header";
import { requireUser, serverQueries } from "../../server-caller";
import { Hydrate } from "../../trpc/hydrate";

export const metadata: Metadata = { title: "Audit" };

export default async function AuditPage() {
  const user = await requireUser("/audit");
  if (user.role !== "admin") return <Forbidden title="Audit" needs="administrators" />;
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.audit.list.queryOptions({ page: 1, limit: 50 }));
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <PageHeader title="Audit" lead="Who did what, when, and from where." />
        <AuditList />
      </PageBody>
    </Hydrate>
  );
}
