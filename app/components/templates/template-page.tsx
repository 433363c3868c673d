"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../trpc/client";
import { TabLinks, useTab } from "../controls/tab-links";
import { Badge } from "../data/badge";
import { FailurePanel } from "../feedback/failure-panel";
import { Notice } from "../feedback/notice";
import { Bone, PageBones } from "../feedback/skeleton";
import { lazyPart } from "../lazy-part";
import { PageHeader } from "../shell/page-header";
import { isOperator, useCurrentUser } from "../shell/user-context";
import { TemplateActions } from "./template-actions";
import { TemplateOverview } from "./template-overview";

const TemplateUsage = lazyPart(() => import("./template-usage").then((module) => module.TemplateUsage));
const TemplateWarmPool = lazyPart(() => import("./template-warm-pool").then((module) => module.TemplateWarmPool));
const TemplateVersions = lazyPart(() => import("./template-versions").then((module) => module.TemplateVersions));

export const templateCrumbs = [{ href: "/templates", label: "Templates" }];
const tabs = [
  { tab: "overview", label: "Overview" },
  { tab: "versions", label: "Versions" },
  { tab: "usage", label: "Usage" },
] as const;

export function TemplatePage({ name }: { name: string }) {
  const trpc = useTRPC();
  const staff = isOperator(useCurrentUser());
  const query = useQuery(trpc.templates.get.queryOptions({ name }));
  const tab = useTab(staff ? tabs : tabs.slice(0, 1));
  const template = query.data;
  if (!template) {
    if (query.isError) {
      return (
        <>
          <PageHeader title={name} crumbs={templateCrumbs} />
          <FailurePanel
            error={query.error}
            title="The template could not be read"
            onRetry={() => void query.refetch()}
            busy={query.isFetching}
          />
        </>
      );
    }
    return (
      <PageBones>
        <Bone className="h-64 w-full" />
      </PageBones>
    );
  }
  return (
    <>
      <PageHeader
        title={template.displayName}
        crumbs={templateCrumbs}
        mark={<Badge>version {template.version}</Badge>}
        lead={template.description || undefined}
        action={<TemplateActions template={template} />}
      />
      {template.tried ? null : (
        <Notice tone="warning">
          This is a public image that was not tried with this version of Berth. It may need other settings to work.
        </Notice>
      )}
      {staff ? <TabLinks label="Parts of this template" tabs={tabs} current={tab} /> : null}
      {tab === "versions" ? (
        <TemplateVersions template={template} />
      ) : tab === "usage" ? (
        <TemplateUsage name={name} />
      ) : (
        <>
          <TemplateOverview template={template} staff={staff} />
          {staff ? <TemplateWarmPool name={name} /> : null}
        </>
      )}
    </>
  );
}
