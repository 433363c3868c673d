"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Card, Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { Notice } from "../feedback/notice";
import { Reading } from "../feedback/reading";
import { Bone } from "../feedback/skeleton";
import { lazyInBrowser } from "../lazy-part";
import { isAdmin, useCurrentUser } from "../shell/user-context";

const WarmPoolDialog = lazyInBrowser(() => import("./warm-pool-dialog").then((module) => module.WarmPoolDialog));
/** Nobody is told of sessions that are nobody's yet. */
const POLL_MS = 5_000;

type Pool = Outputs["templates"]["warmPool"];

/** How many sessions of a template wait for somebody, and where; for administrators the way to say how many. */
export function TemplateWarmPool({ name }: { name: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const admin = isAdmin(useCurrentUser());
  const [changing, setChanging] = useState(false);
  const pool = useQuery(trpc.templates.warmPool.queryOptions({ name }, { refetchInterval: POLL_MS }));
  const set = useMutation(
    trpc.templates.setWarmPool.mutationOptions({
      onSuccess: () => setChanging(false),
      onSettled: () => queryClient.invalidateQueries(trpc.templates.pathFilter()),
    }),
  );
  const change = admin ? (
    <Button
      size="small"
      aria-label="Change the warm pool"
      onClick={() => {
        set.reset();
        setChanging(true);
      }}
    >
      Change…
    </Button>
  ) : null;
  return (
    <Panel title="Warm pool" action={change}>
      <Reading query={pool} title="The warm pool could not be read" bones={<Bone className="h-16 w-full" />}>
        {(read) => <Waiting pool={read} />}
      </Reading>
      {changing && pool.data ? (
        <WarmPoolDialog
          size={pool.data.size}
          busy={set.isPending}
          error={set.error}
          onSave={(size) => set.mutate({ name, size })}
          onClose={() => setChanging(false)}
        />
      ) : null}
    </Panel>
  );
}

function Waiting({ pool }: { pool: Pool }) {
  const { size, ready, starting, ending, agents, problem, retryAt } = pool;
  if (size === 0 && ready + starting + ending === 0)
    return <p className="text-ink-soft">No sessions are kept waiting: each is started when somebody asks for it.</p>;
  return (
    <>
      {problem && ready < size ? (
        <Notice tone="warning">
          {problem}
          {retryAt ? (
            <>
              {" "}
              The next is started <RelativeTime at={retryAt} />.
            </>
          ) : null}
        </Notice>
      ) : null}
      <Card className="divide-y divide-line">
        <p className="tabular flex justify-between gap-4 px-4 py-2.5 font-medium">
          <span>
            {ready} of {size} warm
          </span>
          <span className="font-normal text-ink-soft">{underWay(starting, ending)}</span>
        </p>
        {agents.map((one) => (
          <p key={one.agent} className="tabular flex justify-between gap-4 px-4 py-2.5">
            <span className="wrap-anywhere">{one.agent}</span>
            <span className="text-ink-soft">{[`${one.ready} warm`, underWay(one.starting, 0)].filter(Boolean).join(", ")}</span>
          </p>
        ))}
      </Card>
    </>
  );
}

const underWay = (starting: number, ending: number): string =>
  [starting > 0 && `${starting} starting`, ending > 0 && `${ending} ending`].filter(Boolean).join(", ");
