"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Send } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useTRPC } from "../../trpc/client";
import { Button, IconButton } from "../controls/button";
import { Menu } from "../controls/menu";
import { MenuItem, MenuSeparator } from "../controls/menu-items";
import { Badge } from "../data/badge";
import { Fact, Facts } from "../data/facts";
import { Card } from "../data/panel";
import { Elapsed, RelativeTime } from "../data/relative-time";
import { FailurePanel } from "../feedback/failure-panel";
import { Notice } from "../feedback/notice";
import { RowBones } from "../feedback/skeleton";
import { useToasts } from "../feedback/toasts";
import { lazyInBrowser } from "../lazy-part";
import { PageHeader } from "../shell/page-header";
import { WebhookDeliveries } from "./webhook-deliveries";
import { WebhookStatus } from "./webhook-status";

const WebhookDialog = lazyInBrowser(() => import("./webhook-dialog").then((module) => module.WebhookDialog));
const SecretDialog = lazyInBrowser(() => import("./secret-dialog").then((module) => module.SecretDialog));
const ConfirmDialog = lazyInBrowser(() => import("../controls/confirm-dialog").then((module) => module.ConfirmDialog));

const crumbs = [
  { href: "/settings", label: "Settings" },
  { href: "/settings/webhooks", label: "Webhooks" },
];

export function WebhookPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const router = useRouter();
  const toasts = useToasts();
  const [open, setOpen] = useState<"change" | "secret" | "delete" | null>(null);
  const close = () => setOpen(null);
  const webhook = useQuery(trpc.webhooks.get.queryOptions({ id }, { refetchInterval: 10_000 }));
  const onSettled = () => queryClient.invalidateQueries(trpc.webhooks.pathFilter());
  const update = useMutation(
    trpc.webhooks.update.mutationOptions({ onSettled, onError: (error) => toasts.failed("The webhook could not be changed", error) }),
  );
  const renew = useMutation(
    trpc.webhooks.rotateSecret.mutationOptions({ onSettled, onError: (error) => toasts.failed("No new secret was made", error) }),
  );
  const test = useMutation(
    trpc.webhooks.test.mutationOptions({
      onSettled,
      onSuccess: () => toasts.done("A test is on its way", "The deliveries below say what came of it."),
      onError: (error) => toasts.failed("The test could not be sent", error),
    }),
  );
  const remove = useMutation(
    trpc.webhooks.remove.mutationOptions({
      onSuccess: () => {
        toasts.done("The webhook was deleted");
        router.push("/settings/webhooks");
        void queryClient.invalidateQueries(trpc.webhooks.list.queryFilter());
      },
      onError: (error) => toasts.failed("The webhook could not be deleted", error),
    }),
  );
  if (!webhook.data) {
    return webhook.isError ? (
      <FailurePanel
        error={webhook.error}
        title="The webhook could not be read"
        onRetry={() => void webhook.refetch()}
        busy={webhook.isFetching}
      />
    ) : (
      <RowBones />
    );
  }
  const { name, url, events, active, allowPrivate, lastDeliveryAt, failingSince, switchedOffAt } = webhook.data;
  return (
    <>
      <PageHeader
        title={name}
        crumbs={crumbs}
        mark={<WebhookStatus {...webhook.data} />}
        action={
          <>
            <Button icon={<Send aria-hidden className="size-4" />} busy={test.isPending} onClick={() => test.mutate({ id })}>
              Send a test
            </Button>
            <Menu
              trigger={
                <IconButton label="More">
                  <Ellipsis aria-hidden className="size-4" />
                </IconButton>
              }
            >
              <MenuItem onSelect={() => setOpen("change")}>Change…</MenuItem>
              <MenuItem onSelect={() => update.mutate({ id, active: !active })}>{active ? "Switch off" : "Switch on"}</MenuItem>
              <MenuItem onSelect={() => setOpen("secret")}>New secret…</MenuItem>
              <MenuSeparator />
              <MenuItem danger onSelect={() => setOpen("delete")}>
                Delete…
              </MenuItem>
            </Menu>
          </>
        }
      />
      {!active && switchedOffAt ? (
        <Notice
          tone="failed"
          action={
            <Button size="small" busy={update.isPending} onClick={() => update.mutate({ id, active: true })}>
              Switch on
            </Button>
          }
        >
          Berth switched it off <RelativeTime at={switchedOffAt} />: for days nothing could be delivered to it. What happened meanwhile is
          not sent.
        </Notice>
      ) : failingSince ? (
        <Notice tone="warning">
          For <Elapsed since={failingSince} /> now nothing was delivered. Each delivery is tried eight times in about a day; after five days
          of this the webhook is switched off.
        </Notice>
      ) : null}
      <Card className="p-4">
        <Facts columns>
          <Fact name="Address">
            {url} {allowPrivate ? <Badge tone="warning">may be private</Badge> : null}
          </Fact>
          <Fact name="Delivered last">
            <RelativeTime at={lastDeliveryAt} />
          </Fact>
          <Fact name="Events">
            <span className="font-mono text-sm">{events.join(", ")}</span>
          </Fact>
        </Facts>
      </Card>
      <WebhookDeliveries id={id} />
      {open === "change" ? <WebhookDialog webhook={webhook.data} onClose={close} /> : null}
      {open === "secret" ? (
        <ConfirmDialog
          open
          onClose={close}
          title="Make a new secret?"
          action="Make a new secret"
          onConfirm={() => {
            close();
            renew.mutate({ id });
          }}
        >
          From then on everything is signed with it. Let the other side know it, or what comes is refused there.
        </ConfirmDialog>
      ) : null}
      {renew.data ? <SecretDialog name={name} secret={renew.data.secret} onClose={() => renew.reset()} /> : null}
      {open === "delete" ? (
        <ConfirmDialog
          open
          onClose={close}
          title={`Delete ‘${name}’?`}
          action="Delete"
          busy={remove.isPending}
          onConfirm={() => {
            close();
            remove.mutate({ id });
          }}
        >
          Nothing is posted there any more, also of what waits, and the list of its deliveries is gone.
        </ConfirmDialog>
      ) : null}
    </>
  );
}
