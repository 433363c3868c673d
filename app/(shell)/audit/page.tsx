import type { Metadata } from "next";
import { auditListInput, readAuditFilters } from "../../components/audit/audit-filters";
import { AuditList } from "../../components/audit/audit-list";
import { Forbidden } from "../../components/feedback/forbidden";
import { PageBody } from "../../components/shell/page-body";
import { PageHeader } from "../../components/shell/page-header";
import { requireUser, serverQueries } from "../../server-caller";
import { Hydrate } from "../../trpc/hydrate";
import { type PageQuery, readQuery } from "../page-query";

export const metadata: Metadata = { title: "Audit" };

export default async function AuditPage({ searchParams }: { searchParams: PageQuery }) {
  const query = await readQuery(searchParams);
  const user = await requireUser(query.size > 0 ? `/audit?${query}` : "/audit");
  if (user.role !== "admin") return <Forbidden title="Audit" needs="administrators" />;
  const { trpc, queryClient } = serverQueries();
  await Promise.all([
    queryClient.prefetchQuery(trpc.audit.list.queryOptions(auditListInput(readAuditFilters(query)))),
    queryClient.prefetchQuery(trpc.audit.words.queryOptions()),
  ]);
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <PageHeader title="Audit" lead="Who did what, when, and from where." />
        <AuditList />
      </PageBody>
    </Hydrate>
  );
}
