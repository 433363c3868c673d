import type { Metadata } from "next";
import { Forbidden } from "../../../components/feedback/forbidden";
import { PageBody } from "../../../components/shell/page-body";
import { PageHeader } from "../../../components/shell/page-header";
import { TemplateImport } from "../../../components/templates/template-import";
import { requireUser } from "../../../server-caller";

export const metadata: Metadata = { title: "Import template" };

export default async function ImportTemplatePage() {
  const user = await requireUser("/templates/import");
  if (user.role !== "admin") return <Forbidden title="Import template" needs="administrators" />;
  return (
    <PageBody>
      <PageHeader
        title="Import template"
        crumbs={[{ href: "/templates", label: "Templates" }]}
        lead="A file that Export made, here or on another Berth, changed or not."
      />
      <TemplateImport />
    </PageBody>
  );
}
