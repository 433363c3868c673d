"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Play, Trash2 } from "lucide-react";
import { useState } from "react";
import { formatBytes } from "../../format/quantity";
import { type Outputs, useTRPC } from "../../trpc/client";
import { ButtonLink, IconButton } from "../controls/button";
import { RelativeTime } from "../data/relative-time";
import { useToasts } from "../feedback/toasts";
import { lazyInBrowser } from "../lazy-part";
import { useCurrentUser } from "../shell/user-context";

const ConfirmDialog = lazyInBrowser(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog));

export type Snapshot = Outputs["snapshots"]["list"]["snapshots"][number];

interface SnapshotListProps {
  readonly snapshots: readonly Snapshot[];
  /** Also of which session each was taken, and whose it is where it is another's. */
  readonly withSource: boolean;
}

/** Saved homes, newest first: what each is, how far it is, and what can be done with it. */
export function SnapshotList({ snapshots, withSource }: SnapshotListProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [deleting, setDeleting] = useState<Snapshot | null>(null);
  const remove = useMutation(
    trpc.snapshots.delete.mutationOptions({
      onSuccess: () => setDeleting(null),
      onError: (error) => toasts.failed("The snapshot could not be deleted", error),
      onSettled: () => queryClient.invalidateQueries(trpc.snapshots.pathFilter()),
    }),
  );
  return (
    <>
      <ul aria-label="Snapshots" className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">
        {snapshots.map((snapshot) => (
          <SnapshotRow key={snapshot.id} snapshot={snapshot} withSource={withSource} onDelete={setDeleting} />
        ))}
      </ul>
      {deleting ? (
        <ConfirmDialog
          open
          onClose={() => setDeleting(null)}
          title={deleting.state === "creating" ? `Stop making ${deleting.name}?` : `Delete the snapshot ${deleting.name}?`}
          action={deleting.state === "creating" ? "Stop and delete" : "Delete snapshot"}
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ id: deleting.id })}
        >
          <p>
            {deleting.state === "creating"
              ? "What was copied until now is removed. The session’s own home stays as it is."
              : "What it holds is lost. Sessions that began from it keep their homes. This can’t be undone."}
          </p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}

interface SnapshotRowProps {
  readonly snapshot: Snapshot;
  readonly withSource: boolean;
  readonly onDelete: (snapshot: Snapshot) => void;
}

function SnapshotRow({ snapshot, withSource, onDelete }: SnapshotRowProps) {
  const user = useCurrentUser();
  const { id, name, state, template, progress, problem, unreachable } = snapshot;
  const usable = state === "ready" && !unreachable && snapshot.user === user.username;
  return (
    <li className="flex items-start gap-3 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium" title={name}>
          {name}
        </p>
        {withSource ? (
          <p className="truncate text-sm text-ink-faint">
            {snapshot.user === user.username ? "" : `${snapshot.user} · `}of {snapshot.sessionName} ({snapshot.templateDisplayName})
          </p>
        ) : null}
        <p className="tabular text-sm text-ink-faint wrap-anywhere">
          <RelativeTime at={snapshot.createdAt} />
          {snapshot.sizeBytes === null ? "" : ` · ${formatBytes(snapshot.sizeBytes + (snapshot.imageBytes ?? 0))}`}
          {snapshot.include === "home" ? "" : " · with its file system"}
          {snapshot.consistent === false ? " · copied while it ran" : ""}
          {withSource ? ` · ${snapshot.agentId}` : ""}
          {snapshot.expiresAt === null ? null : (
            <>
              {" · deleted "}
              <RelativeTime at={snapshot.expiresAt} />
            </>
          )}
        </p>
        {state === "creating" ? <Making progress={progress} name={name} /> : null}
        {state === "deleting" ? <p className="text-sm text-moving">It is being deleted.</p> : null}
        {state === "failed" ? <p className="text-sm text-failed wrap-anywhere">It could not be made: {problem}</p> : null}
        {state === "lost" ? <p className="text-sm text-failed">Its host does not have it any more.</p> : null}
        {state === "ready" && problem ? <p className="text-sm text-failed wrap-anywhere">It could not be deleted: {problem}</p> : null}
        {unreachable ? <p className="text-sm text-warning">Out of reach: its agent was revoked.</p> : null}
      </div>
      <div className="flex shrink-0 items-center gap-1">
        {usable ? (
          <ButtonLink
            size="small"
            href={`/sessions/new?${new URLSearchParams({ template, snapshot: id })}`}
            icon={<Play aria-hidden className="size-3.5" />}
            aria-label={`New session from ${name}`}
          >
            <span className="hidden sm:inline">New session</span>
          </ButtonLink>
        ) : null}
        <IconButton
          label={state === "creating" ? `Stop making ${name}` : `Delete snapshot ${name}`}
          disabled={state === "deleting"}
          onClick={() => onDelete(snapshot)}
        >
          <Trash2 aria-hidden className="size-4" />
        </IconButton>
      </div>
    </li>
  );
}

function Making({ progress, name }: { progress: Snapshot["progress"]; name: string }) {
  const percent = progress?.percent ?? null;
  return (
    <div className="mt-1.5 flex flex-col gap-1">
      <progress
        aria-label={`Making ${name}`}
        max={100}
        {...(percent === null ? {} : { value: percent })}
        className="h-1.5 w-full accent-accent"
      />
      <p className="tabular text-sm text-ink-faint">
        {progress?.message ?? "It begins"}
        {percent === null ? "" : ` · ${Math.round(percent)} %`}
      </p>
    </div>
  );
}
