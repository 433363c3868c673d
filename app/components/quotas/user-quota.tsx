"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Panel } from "../data/panel";
import { Reading } from "../feedback/reading";
import { Bone } from "../feedback/skeleton";
import { lazyInBrowser } from "../lazy-part";
import { UsageBars } from "./usage-bars";

const QuotaDialog = lazyInBrowser(() => import("./quota-dialog").then((module) => module.QuotaDialog));

/** For administrators: what a person has of what they may have, and limits of their own. */
export function UserQuota({ user }: { user: Pick<Outputs["users"]["get"], "id" | "username" | "quota"> }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [changing, setChanging] = useState(false);
  const usage = useQuery(trpc.users.usage.queryOptions({ id: user.id }, { refetchInterval: 30_000 }));
  const update = useMutation(
    trpc.users.update.mutationOptions({
      onSuccess: () => setChanging(false),
      onSettled: () => queryClient.invalidateQueries(trpc.users.pathFilter()),
    }),
  );
  const own = Object.values(user.quota).some((limit) => limit !== null);
  return (
    <Panel
      title="Quota"
      action={
        <Button
          size="small"
          aria-label={`Change the limits of ${user.username}`}
          onClick={() => {
            update.reset();
            setChanging(true);
          }}
        >
          Change…
        </Button>
      }
    >
      <Reading query={usage} title="The usage could not be read" bones={<Bone className="h-28 w-full" />}>
        {(read) => <UsageBars usage={read} />}
      </Reading>
      <p className="text-sm text-ink-faint">{own ? "With limits of their own before their role’s." : "With their role’s limits."}</p>
      {changing ? (
        <QuotaDialog
          title={`Limits of ${user.username}`}
          empty="as the role"
          limits={user.quota}
          busy={update.isPending}
          error={update.error}
          onSave={(quota) => update.mutate({ id: user.id, quota })}
          onClose={() => setChanging(false)}
        />
      ) : null}
    </Panel>
  );
}
