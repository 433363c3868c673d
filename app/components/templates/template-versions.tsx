"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { History, Undo2 } from "lucide-react";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { SelectField } from "../controls/field";
import { PressButton } from "../controls/press-button";
import { Badge } from "../data/badge";
import { Pager } from "../data/pager";
import { Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone, RowBones } from "../feedback/skeleton";
import { lazyInBrowser } from "../lazy-part";
import { isAdmin, useCurrentUser } from "../shell/user-context";
import { TemplateChanges } from "./template-changes";

const ConfirmDialog = lazyInBrowser(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog));

type Version = Outputs["templates"]["versions"]["versions"][number];

/** Who wrote which version and why, what differs, and the way back. */
export function TemplateVersions({ template }: { template: Outputs["templates"]["get"] }) {
  const trpc = useTRPC();
  const [page, setPage] = useState(1);
  const [chosen, setChosen] = useState<number | null>(null);
  const list = useQuery(trpc.templates.versions.queryOptions({ name: template.name, page }));
  if (!list.data) {
    return list.isError ? (
      <FailurePanel error={list.error} title="The versions could not be read" onRetry={() => void list.refetch()} busy={list.isFetching} />
    ) : (
      <RowBones />
    );
  }
  const version = chosen ?? template.version;
  const { pagination } = list.data;
  return (
    <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[20rem_1fr]">
      <div className="flex flex-col gap-3">
        <ul aria-label="Versions" className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
          {list.data.versions.map((one) => (
            <li key={one.version}>
              <VersionRow version={one} chosen={one.version === version} onChoose={() => setChosen(one.version)} />
            </li>
          ))}
        </ul>
        <Pager {...pagination} onPage={setPage} />
      </div>
      <Comparison key={version} template={template} version={version} onRolledBack={() => setChosen(null)} />
    </div>
  );
}

function VersionRow({ version, chosen, onChoose }: { version: Version; chosen: boolean; onChoose: () => void }) {
  const why = version.note ?? (version.restoredFrom === null ? null : `Back to version ${version.restoredFrom}`);
  return (
    <PressButton
      aria-pressed={chosen}
      onClick={onChoose}
      className="flex w-full flex-col gap-0.5 px-4 py-2.5 text-left -outline-offset-2 transition-colors duration-150 hover:bg-hover aria-pressed:bg-hover"
    >
      <span className="flex items-center gap-2">
        <span className="tabular font-medium">Version {version.version}</span>
        {version.current ? <Badge>current</Badge> : null}
      </span>
      {why ? <span className="text-sm wrap-anywhere">{why}</span> : null}
      <span className="text-sm text-ink-soft wrap-anywhere">
        {version.createdBy ?? "Berth"} · <RelativeTime at={version.createdAt} />
      </span>
    </PressButton>
  );
}

interface ComparisonProps {
  readonly template: Outputs["templates"]["get"];
  readonly version: number;
  readonly onRolledBack: () => void;
}

function Comparison({ template, version, onRolledBack }: ComparisonProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const admin = isAdmin(useCurrentUser());
  const isCurrent = version === template.version;
  const others = [...(version > 1 ? [version - 1] : []), ...(isCurrent ? [] : [template.version])];
  const [wanted, setWanted] = useState<number | null>(null);
  const [asking, setAsking] = useState(false);
  const against = wanted ?? others[0] ?? null;
  const here = useQuery(trpc.templates.version.queryOptions({ name: template.name, version }));
  const there = useQuery({
    ...trpc.templates.version.queryOptions({ name: template.name, version: against ?? version }),
    enabled: against !== null,
  });
  const rollBack = useMutation(
    trpc.templates.rollback.mutationOptions({
      onSuccess: () => {
        setAsking(false);
        onRolledBack();
      },
      onError: () => setAsking(false),
      onSettled: () => queryClient.invalidateQueries(trpc.templates.pathFilter()),
    }),
  );
  const failed = here.error ?? there.error;
  return (
    <Panel
      title={`Version ${version}`}
      action={
        isCurrent || !admin ? null : (
          <Button size="small" icon={<Undo2 aria-hidden className="size-3.5" />} onClick={() => setAsking(true)}>
            Roll back to version {version}
          </Button>
        )
      }
    >
      {rollBack.error ? <FailurePanel error={rollBack.error} title="The template was not rolled back" /> : null}
      {against === null ? (
        <EmptyState icon={<History aria-hidden />} title="The first version">
          There is nothing before it to compare it with. Each save of the editor adds a version; sessions keep the one they were started
          from.
        </EmptyState>
      ) : failed ? (
        <FailurePanel
          error={failed}
          title="The versions could not be compared"
          onRetry={() => void Promise.all([here.refetch(), there.refetch()])}
        />
      ) : here.data && there.data ? (
        <>
          <div className="max-w-72">
            <SelectField label="What changed since" value={against} onChange={(event) => setWanted(Number(event.target.value))}>
              {others.map((one) => (
                <option key={one} value={one}>
                  version {one}
                  {one === template.version ? " (current)" : ", the one before"}
                </option>
              ))}
            </SelectField>
          </div>
          <TemplateChanges
            before={there.data.content}
            after={here.data.content}
            label={`Changes from version ${against} to version ${version}`}
          />
        </>
      ) : (
        <Bone className="h-48 w-full" />
      )}
      {asking ? (
        <ConfirmDialog
          open
          onClose={() => setAsking(false)}
          title={`Roll back to version ${version}?`}
          action="Roll back"
          busy={rollBack.isPending}
          onConfirm={() => rollBack.mutate({ name: template.name, version, fromVersion: template.version })}
        >
          A version {template.version + 1} that is equal to version {version} becomes the current one. Nothing is lost: version{" "}
          {template.version} stays in this list, and sessions go on with the version that they were started from.
        </ConfirmDialog>
      ) : null}
    </Panel>
  );
}
