"use client";
import { useQuery } from "@tanstack/react-query";
import { Camera } from "lucide-react";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { useCurrentUser } from "../shell/user-context";
import { SnapshotList } from "./snapshot-list";
import { TakeSnapshot } from "./take-snapshot";

type Detail = Outputs["sessions"]["get"];

/** What was saved of a session's home, and the button that saves it again. */
export function SessionSnapshots({ session }: { session: Detail }) {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const [taking, setTaking] = useState(false);
  const found = useQuery(trpc.snapshots.ofSession.queryOptions({ sessionId: session.id, limit: 100, page: 1 }));
  const { phase } = session.status;
  const own = session.user === user.username;
  const now = phase === "Running" || phase === "Hibernated";
  const take = own ? (
    <Button
      size="small"
      icon={<Camera aria-hidden className="size-3.5" />}
      disabled={!now}
      title={now ? undefined : "A snapshot is taken while it runs or is hibernated"}
      onClick={() => setTaking(true)}
    >
      Take snapshot
    </Button>
  ) : null;
  return (
    <div className="flex flex-col gap-4">
      {found.data ? (
        found.data.snapshots.length > 0 ? (
          <>
            <div className="flex justify-end">{take}</div>
            <SnapshotList snapshots={found.data.snapshots} withSource={false} />
          </>
        ) : (
          <EmptyState icon={<Camera aria-hidden />} title="No snapshots" action={take}>
            {own
              ? "A snapshot is a copy of the home as it is now. New sessions can begin from it."
              : "Snapshots are seen by those who took them."}
          </EmptyState>
        )
      ) : found.isError ? (
        <FailurePanel
          error={found.error}
          title="The snapshots could not be read"
          onRetry={() => void found.refetch()}
          busy={found.isFetching}
        />
      ) : (
        <RowBones rows={2} />
      )}
      {taking ? <TakeSnapshot session={session} onClose={() => setTaking(false)} /> : null}
    </div>
  );
}
