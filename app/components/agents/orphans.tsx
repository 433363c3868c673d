"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { Cell, Head, Table } from "../data/table";
import { useToasts } from "../feedback/toasts";
import { lazyInBrowser } from "../lazy-part";

const ConfirmDialog = lazyInBrowser(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog));

/** Containers of ours on the host that no session stands for. */
export function Orphans({ agent }: { agent: Outputs["agents"]["get"] }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [asking, setAsking] = useState<Outputs["agents"]["get"]["orphans"][number] | null>(null);
  const settled = () => queryClient.invalidateQueries(trpc.agents.get.queryFilter({ id: agent.agentId }));
  const adopt = useMutation(
    trpc.agents.adoptOrphan.mutationOptions({
      onError: (error) => toasts.failed("The container could not be adopted", error),
      onSettled: settled,
    }),
  );
  const remove = useMutation(
    trpc.agents.removeOrphan.mutationOptions({
      onError: (error) => toasts.failed("The container could not be removed", error),
      onSettled: settled,
    }),
  );
  return (
    <Panel title="Orphans">
      <p className="max-w-prose text-ink-soft">
        These containers carry Berth’s labels, but no session here stands for them, as after a backup was restored. They hold room on the
        host that placement does not know of. One whose session is still known can become that session again.
      </p>
      <Table
        label="Orphans"
        head={
          <>
            <Head>Container</Head>
            <Head wide>Image</Head>
            <Head wide className="w-32">
              First seen
            </Head>
            <Head className="w-44">
              <span className="sr-only">Actions</span>
            </Head>
          </>
        }
      >
        {agent.orphans.map((orphan) => (
          <tr key={orphan.containerId}>
            <Cell>
              <span className="block truncate font-medium" title={orphan.name ?? orphan.containerId}>
                {orphan.name ?? orphan.containerId.slice(0, 12)}
              </span>
              <span className="block truncate text-sm text-ink-faint">
                {orphan.observed} ·{" "}
                {orphan.adoptable ? (
                  <Link href={`/sessions/${orphan.sessionId}`} className="underline underline-offset-2 hover:text-ink">
                    its session
                  </Link>
                ) : (
                  "its session is not known here"
                )}
              </span>
            </Cell>
            <Cell wide className="truncate text-ink-soft">
              {orphan.image ?? "unknown"}
            </Cell>
            <Cell wide className="text-sm text-ink-soft">
              <RelativeTime at={orphan.firstSeenAt} />
            </Cell>
            <Cell>
              <div className="flex justify-end gap-2">
                {orphan.adoptable ? (
                  <Button
                    size="small"
                    busy={adopt.isPending && adopt.variables.containerId === orphan.containerId}
                    aria-label={`Adopt ${orphan.name ?? orphan.containerId.slice(0, 12)}`}
                    onClick={() => adopt.mutate({ id: agent.agentId, containerId: orphan.containerId })}
                  >
                    Adopt
                  </Button>
                ) : null}
                <Button
                  size="small"
                  busy={remove.isPending && remove.variables.containerId === orphan.containerId}
                  aria-label={`Remove ${orphan.name ?? orphan.containerId.slice(0, 12)}`}
                  onClick={() => setAsking(orphan)}
                >
                  Remove…
                </Button>
              </div>
            </Cell>
          </tr>
        ))}
      </Table>
      {asking ? (
        <ConfirmDialog
          open
          onClose={() => setAsking(null)}
          title={`Remove ${asking.name ?? asking.containerId.slice(0, 12)}?`}
          action="Remove"
          onConfirm={() => {
            remove.mutate({ id: agent.agentId, containerId: asking.containerId });
            setAsking(null);
          }}
        >
          Everything that runs in it ends and its own files are lost. A home volume that it uses stays on the host.
        </ConfirmDialog>
      ) : null}
    </Panel>
  );
}
