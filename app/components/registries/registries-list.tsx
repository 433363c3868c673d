"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Package, Plus } from "lucide-react";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Badge } from "../data/badge";
import { Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { useToasts } from "../feedback/toasts";
import { lazyPart } from "../lazy-part";

const ConfirmDialog = lazyPart(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog));
const RegistryDialog = lazyPart(() => import("./registry-dialog").then((module) => module.RegistryDialog));

type Registry = Outputs["registries"]["list"]["registries"][number];

/** Registries that agents sign in to. A password goes in here and never comes out. */
export function RegistriesList() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  /** The one to change; `new` for another. */
  const [saving, setSaving] = useState<Registry | "new" | null>(null);
  const [removing, setRemoving] = useState<Registry | null>(null);
  const registries = useQuery(trpc.registries.list.queryOptions());
  const remove = useMutation(
    trpc.registries.remove.mutationOptions({
      onError: (error) => toasts.failed("The registry could not be removed", error),
      onSettled: () => queryClient.invalidateQueries(trpc.registries.pathFilter()),
    }),
  );
  const add = (
    <Button look="primary" size="small" icon={<Plus aria-hidden className="size-4" />} onClick={() => setSaving("new")}>
      Add registry
    </Button>
  );
  const all = registries.data?.registries ?? [];
  return (
    <Panel title="Image registries" action={all.length > 0 ? add : null}>
      {!registries.data ? (
        registries.isError ? (
          <FailurePanel
            error={registries.error}
            title="The registries could not be read"
            onRetry={() => void registries.refetch()}
            busy={registries.isFetching}
          />
        ) : (
          <RowBones rows={2} />
        )
      ) : all.length > 0 ? (
        <ul aria-label="Image registries" className="divide-y divide-line rounded-lg border border-line bg-surface">
          {all.map((registry) => (
            <RegistryRow
              key={registry.host}
              registry={registry}
              busy={remove.isPending && remove.variables.host === registry.host}
              onChange={setSaving}
              onRemove={setRemoving}
            />
          ))}
        </ul>
      ) : (
        <EmptyState icon={<Package aria-hidden />} title="No private registries" action={add}>
          Images that anyone may pull need nothing here. For others, agents sign in with the user name and password that you keep here.
        </EmptyState>
      )}
      {saving ? (
        <RegistryDialog registry={saving === "new" ? null : saving} taken={all.map(({ host }) => host)} onClose={() => setSaving(null)} />
      ) : null}
      {removing ? (
        <ConfirmDialog
          open
          onClose={() => setRemoving(null)}
          title={`Remove ‘${removing.host}’?`}
          action="Remove"
          onConfirm={() => {
            remove.mutate({ host: removing.host });
            setRemoving(null);
          }}
        >
          The password is forgotten. Sessions that run go on, and images that an agent has stay there; what still has to be pulled from this
          registry is pulled without signing in.
        </ConfirmDialog>
      ) : null}
    </Panel>
  );
}

interface RegistryRowProps {
  readonly registry: Registry;
  readonly busy: boolean;
  readonly onChange: (registry: Registry) => void;
  readonly onRemove: (registry: Registry) => void;
}

function RegistryRow({ registry, busy, onChange, onRemove }: RegistryRowProps) {
  const { host, username, readable, changedAt } = registry;
  return (
    <li className="flex items-center gap-3 px-4 py-2.5 max-sm:flex-wrap">
      <Package aria-hidden className="size-4 shrink-0 text-ink-soft" />
      <div className="min-w-0 flex-1 max-sm:basis-[calc(100%-2rem)]">
        <p className="flex flex-wrap items-center gap-x-2">
          <span className="min-w-0 truncate font-mono font-medium" title={host}>
            {host}
          </span>
          {readable ? null : (
            <Badge tone="warning" title="It was sealed with a master key that is gone">
              password to be set again
            </Badge>
          )}
        </p>
        <p className="text-sm text-ink-faint wrap-anywhere">
          as {username} · changed <RelativeTime at={changedAt} />
        </p>
      </div>
      <div className="flex gap-2 max-sm:ml-7">
        <Button size="small" aria-label={`Change ${host}`} onClick={() => onChange(registry)}>
          Change…
        </Button>
        <Button size="small" aria-label={`Remove ${host}`} busy={busy} onClick={() => onRemove(registry)}>
          Remove…
        </Button>
      </div>
    </li>
  );
}
