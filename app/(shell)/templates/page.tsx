import { FileUp, Plus } from "lucide-react";
import type { Metadata } from "next";
import { ButtonLink } from "../../components/controls/button";
import { PageBody } from "../../components/shell/page-body";
import { PageHeader } from "../../components/shell/page-header";
import { catalogueInput, readCatalogueFilters } from "../../components/templates/catalogue-filters";
import { TemplatesList } from "../../components/templates/templates-list";
import { requireUser, serverQueries } from "../../server-caller";
import { Hydrate } from "../../trpc/hydrate";
import { type PageQuery, readQuery } from "../page-query";

export const metadata: Metadata = { title: "Templates" };

export default async function TemplatesPage({ searchParams }: { searchParams: PageQuery }) {
  const query = await readQuery(searchParams);
  const user = await requireUser(query.size > 0 ? `/templates?${query}` : "/templates");
  const { trpc, queryClient } = serverQueries();
  await Promise.all([
    queryClient.prefetchQuery(trpc.templates.list.queryOptions(catalogueInput(readCatalogueFilters(query)))),
    queryClient.prefetchQuery(trpc.templates.shelves.queryOptions()),
  ]);
  return (
    <Hydrate of={queryClient}>
      <PageBody>
        <PageHeader
          title="Templates"
          lead="What a session is started from: an image, how its display is reached, and what it gets by default."
          action={
            user.role === "admin" ? (
              <>
                <ButtonLink href="/templates/import" icon={<FileUp aria-hidden className="size-4" />}>
                  Import
                </ButtonLink>
                <ButtonLink look="primary" href="/templates/new" icon={<Plus aria-hidden className="size-4" />}>
                  New template
                </ButtonLink>
              </>
            ) : null
          }
        />
        <TemplatesList />
      </PageBody>
    </Hydrate>
  );
}
