"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { FailurePanel } from "../feedback/failure-panel";
import { Notice } from "../feedback/notice";
import { Bone } from "../feedback/skeleton";
import { lazyPart } from "../lazy-part";
import { PageHeader } from "../shell/page-header";
import { Catalogue } from "../templates/catalogue";

const LaunchForm = lazyPart(() => import("./launch-form").then((module) => module.LaunchForm));

const crumbs = [{ href: "/sessions", label: "Sessions" }];

interface Beginning {
  /** The one that the session is to start with, where the address names one. */
  readonly home: string | null;
  /** What its home is to begin from, where the address names that. */
  readonly snapshot: string | null;
}

export function LaunchPage({ template, home, snapshot }: { template: string | null } & Beginning) {
  if (template) return <LaunchWithOptions name={template} home={home} snapshot={snapshot} />;
  return (
    <>
      <PageHeader
        title="New session"
        crumbs={crumbs}
        lead={
          home
            ? "Choose what to start with your home. Its files are there when the session runs."
            : "Launch takes the template’s defaults. Options lets you choose name, resources, home and agent first."
        }
      />
      <Catalogue />
    </>
  );
}

function LaunchWithOptions({ name, home, snapshot }: { name: string } & Beginning) {
  const trpc = useTRPC();
  const template = useQuery(trpc.templates.get.queryOptions({ name }));
  return (
    <>
      <PageHeader
        title={template.data ? `New ${template.data.displayName}` : "New session"}
        crumbs={[...crumbs, { href: "/sessions/new", label: "New session" }]}
        lead={template.data?.description}
      />
      {template.data ? (
        <>
          {template.data.tried ? null : (
            <Notice tone="warning">
              This is a public image that was not tried with this version of Berth. It may need other settings to work.
            </Notice>
          )}
          <LaunchForm key={template.data.name} template={template.data} home={home} snapshot={snapshot} />
        </>
      ) : template.isError ? (
        <FailurePanel
          error={template.error}
          title="The template could not be read"
          onRetry={() => void template.refetch()}
          busy={template.isFetching}
        />
      ) : (
        <Bone className="h-80 max-w-xl" />
      )}
    </>
  );
}
