"use client";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleSlash, CircleX, Clock, Inbox } from "lucide-react";
import { useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { CursorPager } from "../data/cursor-pager";
import { Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { StatusMark } from "../data/status-mark";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { useToasts } from "../feedback/toasts";

type Delivery = Outputs["webhooks"]["deliveries"]["deliveries"][number];

const marks = {
  delivered: { tone: "running", word: "Delivered", icon: CircleCheck },
  failed: { tone: "failed", word: "Failed", icon: CircleX },
  cancelled: { tone: "ended", word: "Not sent", icon: CircleSlash },
} as const;

/** What was posted, newest first. */
export function WebhookDeliveries({ id }: { id: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const [place, setPlace] = useState({ after: "", page: 1 });
  const deliveries = useQuery(
    trpc.webhooks.deliveries.queryOptions(
      { id, page: place.page, limit: 20, ...(place.after && { cursor: place.after }) },
      { placeholderData: keepPreviousData, refetchInterval: 3_000 },
    ),
  );
  const sendAgain = useMutation(
    trpc.webhooks.sendAgain.mutationOptions({
      onSettled: () => queryClient.invalidateQueries(trpc.webhooks.deliveries.pathFilter()),
      onError: (error) => toasts.failed("It could not be sent again", error),
    }),
  );
  const shown = deliveries.data?.deliveries ?? [];
  return (
    <Panel title="Deliveries">
      {!deliveries.data ? (
        deliveries.isError ? (
          <FailurePanel
            error={deliveries.error}
            title="The deliveries could not be read"
            onRetry={() => void deliveries.refetch()}
            busy={deliveries.isFetching}
          />
        ) : (
          <RowBones rows={3} />
        )
      ) : shown.length > 0 ? (
        <>
          <ul aria-label="Deliveries" className="divide-y divide-line rounded-lg border border-line bg-surface">
            {shown.map((delivery) => (
              <DeliveryRow
                key={delivery.id}
                delivery={delivery}
                busy={sendAgain.isPending && sendAgain.variables.deliveryId === delivery.id}
                onSendAgain={() => sendAgain.mutate({ id, deliveryId: delivery.id })}
              />
            ))}
          </ul>
          <CursorPager pagination={deliveries.data.pagination} after={place.after} shown={shown.length} onGo={setPlace} />
        </>
      ) : (
        <EmptyState icon={<Inbox aria-hidden />} title="Nothing was sent yet">
          What happens from now on and is chosen here is listed with what was answered. A test shows whether the other side listens.
        </EmptyState>
      )}
    </Panel>
  );
}

function DeliveryRow({ delivery, busy, onSendAgain }: { delivery: Delivery; busy: boolean; onSendAgain: () => void }) {
  const { type, state, attempts, createdAt, nextAttemptAt, status, answer, problem, durationMs, body } = delivery;
  const mark =
    state === "pending" ? ({ tone: "moving", word: attempts > 0 ? "Trying again" : "Waiting", icon: Clock } as const) : marks[state];
  const send = state === "pending" ? "Send now" : "Send again";
  return (
    <li className="flex flex-col gap-2 px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-0 flex-1 truncate font-mono text-sm">{type}</span>
        <StatusMark {...mark} />
        <Button size="small" aria-label={`${send}: ${type}`} busy={busy} onClick={onSendAgain}>
          {send}
        </Button>
      </div>
      <details className="text-sm">
        <summary className="tabular cursor-pointer text-ink-faint wrap-anywhere">
          <RelativeTime at={createdAt} />
          {attempts > 0 ? ` · ${attempts} ${attempts === 1 ? "try" : "tries"}` : ""}
          {status === null || state !== "delivered" ? "" : ` · ${status}`}
          {durationMs === null ? "" : ` · ${durationMs} ms`}
          {problem === null || state === "delivered" ? "" : ` · ${problem}`}
          {nextAttemptAt !== null && attempts > 0 ? (
            <>
              {" "}
              · next <RelativeTime at={nextAttemptAt} />
            </>
          ) : null}
        </summary>
        <div className="mt-2 flex flex-col gap-2">
          <Text title="Posted" text={readable(body)} />
          {answer ? <Text title="Answered" text={answer} /> : null}
        </div>
      </details>
    </li>
  );
}

function Text({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <p className="text-ink-faint">{title}</p>
      <pre className="rounded-md bg-sunken p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere">{text}</pre>
    </div>
  );
}

function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
