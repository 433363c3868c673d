"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { WebhookEventType } from "../../../server/modules/webhooks/webhooks-schema";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { type Outputs, useTRPC } from "../../trpc/client";
import { CheckField } from "../controls/check-field";
import { TextField } from "../controls/field";
import { FormDialog } from "../controls/form-dialog";
import { FailurePanel } from "../feedback/failure-panel";
import { eventGroups, eventWord } from "./event-words";

type Webhook = Outputs["webhooks"]["get"];

interface WebhookDialogProps {
  /** The one to change; null for a new one. */
  readonly webhook: Webhook | null;
  readonly onClose: () => void;
  /** Of a new one: its secret, which is told this once. */
  readonly onMade?: (made: { id: string; name: string; secret: string }) => void;
}

export function WebhookDialog({ webhook, onClose, onMade }: WebhookDialogProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [name, setName] = useState(webhook?.name ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [events, setEvents] = useState<readonly WebhookEventType[]>(webhook?.events ?? []);
  const [allowPrivate, setAllowPrivate] = useState(webhook?.allowPrivate ?? false);
  const onSettled = () => queryClient.invalidateQueries(trpc.webhooks.pathFilter());
  const create = useMutation(trpc.webhooks.create.mutationOptions({ onSettled, onSuccess: (made) => onMade?.(made) }));
  const update = useMutation(trpc.webhooks.update.mutationOptions({ onSettled, onSuccess: onClose }));
  const error = create.error ?? update.error;
  const problems = error ? fieldProblems(readFailure(error)) : {};
  const shown = problems.name !== undefined || problems.url !== undefined;
  const submit = () => {
    const input = { name, url: url.trim(), events: [...events], allowPrivate };
    if (webhook) update.mutate({ id: webhook.id, ...input });
    else create.mutate(input);
  };
  return (
    <FormDialog
      wide
      onClose={onClose}
      title={webhook ? `Change ‘${webhook.name}’` : "New webhook"}
      action={webhook ? "Save" : "Make the webhook"}
      busy={create.isPending || update.isPending}
      disabled={name.trim() === "" || url.trim() === "" || events.length === 0}
      onSubmit={submit}
    >
      <TextField
        label="Name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        {...(problems.name ? { problem: problems.name } : {})}
        autoComplete="off"
        maxLength={100}
      />
      <TextField
        label="Address"
        type="url"
        value={url}
        onChange={(event) => setUrl(event.target.value)}
        {...(problems.url ? { problem: problems.url } : {})}
        hint="Events are posted there as JSON, signed. Redirects are not followed."
        placeholder="https://example.net/berth"
        autoComplete="off"
        spellCheck={false}
      />
      <CheckField
        label="May be at a private address"
        hint="Of this machine or of the network behind it: 10.x, 192.168.x, localhost. Off, Berth sends to public addresses alone, whatever the name stands for."
        checked={allowPrivate}
        onChange={setAllowPrivate}
      />
      <fieldset className="flex flex-col gap-3">
        <legend className="mb-1.5 text-sm font-medium">Events</legend>
        {eventGroups.map((group) => (
          <fieldset key={group.name} className="flex flex-col gap-1">
            <legend className="mb-1 text-sm text-ink-faint">{group.name}</legend>
            <div className="grid gap-x-4 gap-y-1 sm:grid-cols-2">
              {group.events.map((type) => (
                <label key={type} className="flex cursor-pointer items-center gap-2">
                  <input
                    type="checkbox"
                    checked={events.includes(type)}
                    onChange={({ target }) => setEvents(target.checked ? [...events, type] : events.filter((one) => one !== type))}
                    className="size-4 shrink-0 accent-accent"
                  />
                  <span className="min-w-0">{eventWord(type)}</span>
                </label>
              ))}
            </div>
          </fieldset>
        ))}
      </fieldset>
      {error && !shown ? <FailurePanel error={error} title="The webhook was not saved" /> : null}
    </FormDialog>
  );
}
