"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone, PageBones } from "../feedback/skeleton";
import { PageHeader } from "../shell/page-header";
import { TemplateEditor } from "./template-editor";

/** The editor on what the template is when it is opened; what comes later does not move the form. */
export function EditTemplate({ name }: { name: string }) {
  const trpc = useTRPC();
  const query = useQuery(trpc.templates.get.queryOptions({ name }));
  const template = query.data;
  const crumbs = [
    { href: "/templates", label: "Templates" },
    { href: `/templates/${encodeURIComponent(name)}`, label: template?.displayName ?? name },
  ];
  if (!template) {
    return query.isError ? (
      <>
        <PageHeader title="Edit" crumbs={crumbs} />
        <FailurePanel
          error={query.error}
          title="The template could not be read"
          onRetry={() => void query.refetch()}
          busy={query.isFetching}
        />
      </>
    ) : (
      <PageBones>
        <Bone className="h-96 w-full" />
      </PageBones>
    );
  }
  const {
    id: _id,
    name: _name,
    tried,
    version,
    baseImage: _image,
    vnc: _vnc,
    createdAt: _made,
    updatedAt: _changed,
    ...content
  } = template;
  return (
    <>
      <PageHeader
        title={`Edit ${template.displayName}`}
        crumbs={crumbs}
        lead="Saving writes a new version. Sessions that are there keep theirs."
      />
      <TemplateEditor key={name} from={{ name, version, tried, content }} />
    </>
  );
}
