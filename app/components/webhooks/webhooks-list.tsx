"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus, Webhook } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Panel } from "../data/panel";
import { RelativeTime } from "../data/relative-time";
import { EmptyState } from "../feedback/empty-state";
import { FailurePanel } from "../feedback/failure-panel";
import { RowBones } from "../feedback/skeleton";
import { lazyInBrowser } from "../lazy-part";
import { WebhookStatus } from "./webhook-status";

const WebhookDialog = lazyInBrowser(() => import("./webhook-dialog").then((module) => module.WebhookDialog));
const SecretDialog = lazyInBrowser(() => import("./secret-dialog").then((module) => module.SecretDialog));

export function WebhooksList() {
  const trpc = useTRPC();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null);
  const webhooks = useQuery(trpc.webhooks.list.queryOptions(undefined, { refetchInterval: 30_000 }));
  const all = webhooks.data?.webhooks ?? [];
  const make = (
    <Button look="primary" size="small" icon={<Plus aria-hidden className="size-4" />} onClick={() => setMaking(true)}>
      New webhook
    </Button>
  );
  return (
    <Panel title="Webhooks" action={all.length > 0 ? make : null}>
      {!webhooks.data ? (
        webhooks.isError ? (
          <FailurePanel
            error={webhooks.error}
            title="The webhooks could not be read"
            onRetry={() => void webhooks.refetch()}
            busy={webhooks.isFetching}
          />
        ) : (
          <RowBones rows={2} />
        )
      ) : all.length > 0 ? (
        <ul aria-label="Webhooks" className="divide-y divide-line rounded-lg border border-line bg-surface">
          {all.map((webhook) => (
            <li key={webhook.id} className="relative flex items-center gap-3 px-4 py-2.5 hover:bg-hover">
              <Webhook aria-hidden className="size-4 shrink-0 text-ink-soft" />
              <div className="min-w-0 flex-1">
                <Link href={`/settings/webhooks/${webhook.id}`} className="block truncate font-medium after:absolute after:inset-0">
                  {webhook.name}
                </Link>
                <p className="truncate text-sm text-ink-faint">
                  {webhook.url} · {webhook.events.length} {webhook.events.length === 1 ? "event" : "events"} · delivered{" "}
                  <RelativeTime at={webhook.lastDeliveryAt} />
                </p>
              </div>
              <WebhookStatus {...webhook} />
            </li>
          ))}
        </ul>
      ) : (
        <EmptyState icon={<Webhook aria-hidden />} title="No webhooks" action={make}>
          A webhook posts what happens to an address of yours: a session that failed, an agent that went offline, a person who was added.
          Each is signed, and tried again until it arrives.
        </EmptyState>
      )}
      {making ? (
        <WebhookDialog
          webhook={null}
          onClose={() => setMaking(false)}
          onMade={(one) => {
            setMaking(false);
            setMade(one);
          }}
        />
      ) : null}
      {made ? <SecretDialog {...made} onClose={() => setMade(null)} /> : null}
    </Panel>
  );
}
