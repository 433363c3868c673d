"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { HardDrive, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { formatBytes } from "../../format/quantity";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { RelativeTime } from "../data/relative-time";
import { Cell, Head, Table } from "../data/table";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { useToasts } from "../feedback/toasts";
import { isAdmin, useCurrentUser } from "../shell/user-context";

const ConfirmDialog = dynamic(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog), { ssr: false });

type Home = Outputs["homes"]["list"]["homes"][number];

export function HomesList() {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [deleting, setDeleting] = useState<Home | null>(null);
  const homes = useQuery(trpc.homes.list.queryOptions({}));
  const remove = useMutation(
    trpc.homes.delete.mutationOptions({
      onSuccess: () => setDeleting(null),
      onError: (error) => toasts.failed("The home could not be deleted", error),
      onSettled: () => queryClient.invalidateQueries(trpc.homes.list.pathFilter()),
    }),
  );
  if (!homes.data) {
    if (homes.isError)
      return (
        <FailurePanel
          error={homes.error}
          title="The homes could not be read"
          onRetry={() => void homes.refetch()}
          busy={homes.isFetching}
        />
      );
    return <RowBones rows={3} />;
  }
  if (homes.data.homes.length === 0) {
    return (
      <EmptyState icon={<HardDrive aria-hidden />} title="No homes yet">
        A home holds the files of a session. It is kept when the session ends, and a new session can go on with it.
      </EmptyState>
    );
  }
  return (
    <>
      <Table
        label="Homes"
        head={
          <>
            <Head>Home</Head>
            <Head wide className="w-40">
              Agent
            </Head>
            <Head wide className="w-28">
              Size
            </Head>
            <Head wide className="w-32">
              Last used
            </Head>
            <Head className="w-28">
              <span className="sr-only">Actions</span>
            </Head>
          </>
        }
      >
        {homes.data.homes.map((home) => (
          <tr key={home.id}>
            <Cell>
              <p className="truncate font-medium" title={home.name}>
                {home.name}
              </p>
              <p className="truncate text-sm text-ink-faint">
                {isAdmin(user) && home.user !== user.username ? `${home.user} · ` : ""}
                {home.deleting ? (
                  "being deleted"
                ) : home.usedBy ? (
                  <>
                    used by{" "}
                    <Link href={`/sessions/${home.usedBy.id}`} className="hover:text-ink hover:underline">
                      {home.usedBy.name}
                    </Link>
                  </>
                ) : (
                  "free"
                )}
              </p>
            </Cell>
            <Cell wide className="truncate text-ink-soft">
              {home.agentId}
            </Cell>
            <Cell wide className="tabular text-sm text-ink-soft">
              {home.sizeBytes === null ? "unknown" : formatBytes(home.sizeBytes)}
            </Cell>
            <Cell wide className="text-sm text-ink-soft">
              <RelativeTime at={home.lastUsedAt} />
            </Cell>
            <Cell>
              <div className="flex justify-end">
                <Button
                  size="small"
                  disabled={home.usedBy !== null || home.deleting}
                  title={home.usedBy ? `Used by ${home.usedBy.name}` : undefined}
                  aria-label={`Delete home ${home.name}`}
                  icon={<Trash2 aria-hidden className="size-3.5" />}
                  onClick={() => setDeleting(home)}
                >
                  Delete
                </Button>
              </div>
            </Cell>
          </tr>
        ))}
      </Table>
      {deleting ? (
        <ConfirmDialog
          open
          onClose={() => setDeleting(null)}
          title={`Delete the home ${deleting.name}?`}
          action="Delete home"
          typedName={deleting.name}
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ id: deleting.id })}
        >
          Every file in it is lost{deleting.sizeBytes === null ? "" : ` (${formatBytes(deleting.sizeBytes)})`}. This can’t be undone.
        </ConfirmDialog>
      ) : null}
    </>
  );
}
