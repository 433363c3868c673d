"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Card, Panel } from "../data/panel";
import { Reading } from "../feedback/reading";
import { Bone } from "../feedback/skeleton";
import { lazyInBrowser } from "../lazy-part";
import { roleWords } from "../users/role-words";
import { LimitFacts } from "./limit-facts";

const QuotaDialog = lazyInBrowser(() => import("./quota-dialog").then((module) => module.QuotaDialog));

type RoleQuota = Outputs["quotas"]["list"]["quotas"][number];

/** What everyone of a role may have. */
export function RoleQuotas() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [changing, setChanging] = useState<RoleQuota | null>(null);
  const quotas = useQuery(trpc.quotas.list.queryOptions());
  const set = useMutation(
    trpc.quotas.set.mutationOptions({
      onSuccess: () => setChanging(null),
      onSettled: () => queryClient.invalidateQueries(trpc.quotas.pathFilter()),
    }),
  );
  return (
    <Panel title="Quotas by role">
      <p className="text-ink-soft">
        What one person of each role may have at once. Their own page under Users can give somebody more or less than their role has.
      </p>
      <Reading query={quotas} title="The quotas could not be read" bones={<Bone className="h-64 w-full" />}>
        {(read) => (
          <ul aria-label="Quotas by role" className="flex flex-col gap-3">
            {read.quotas.map((quota) => (
              <li key={quota.role}>
                <Card className="flex flex-col gap-3 p-4">
                  <div className="flex items-center justify-between gap-3">
                    <h3 className="font-medium">{roleWords[quota.role].name}</h3>
                    <Button
                      size="small"
                      aria-label={`Change the limits of ${quota.role}s`}
                      onClick={() => {
                        set.reset();
                        setChanging(quota);
                      }}
                    >
                      Change…
                    </Button>
                  </div>
                  <LimitFacts limits={quota} empty="no limit" />
                </Card>
              </li>
            ))}
          </ul>
        )}
      </Reading>
      {changing ? (
        <QuotaDialog
          title={`Limits of each ${changing.role}`}
          empty="no limit"
          limits={changing}
          busy={set.isPending}
          error={set.error}
          onSave={(limits) => set.mutate({ role: changing.role, ...limits })}
          onClose={() => setChanging(null)}
        />
      ) : null}
    </Panel>
  );
}
