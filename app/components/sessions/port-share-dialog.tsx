"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { SelectField, TextField } from "../controls/field";
import { CopyBox } from "../data/copy-box";
import { FailurePanel } from "../feedback/failure-panel";

const lengths = [
  { seconds: 60 * 60, words: "1 hour" },
  { seconds: 24 * 60 * 60, words: "1 day" },
  { seconds: 7 * 24 * 60 * 60, words: "1 week" },
  { seconds: 30 * 24 * 60 * 60, words: "30 days" },
] as const;

interface PortShareDialogProps {
  sessionId: string;
  port: Outputs["ports"]["list"]["ports"][number];
  onClose: () => void;
}

/** Makes a link to one port, for people who can sign in here. */
export function PortShareDialog({ sessionId, port, onClose }: PortShareDialogProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [label, setLabel] = useState("");
  const [seconds, setSeconds] = useState<number>(24 * 60 * 60);
  const share = useMutation(
    trpc.ports.share.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.ports.shares.queryFilter({ id: sessionId })),
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    share.mutate({ id: sessionId, port: port.port, label: label.trim(), expiresInSeconds: seconds });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Share port ${port.port}`}
      description="Whoever has the link and signs in here may use what listens on this port, and nothing else of the session. You see who came, and can take it back at any time."
    >
      {share.data ? (
        <>
          <p className="text-ink-soft">The link is shown only now.</p>
          <CopyBox text={share.data.url} what="link" />
        </>
      ) : (
        <form method="post" onSubmit={submit} noValidate className="flex flex-col gap-4">
          <TextField
            label="What it is for"
            aside="optional"
            value={label}
            onChange={(event) => setLabel(event.target.value)}
            maxLength={100}
            autoComplete="off"
          />
          <SelectField label="The link lasts" value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
            {lengths.map((length) => (
              <option key={length.seconds} value={length.seconds}>
                {length.words}
              </option>
            ))}
          </SelectField>
          {share.isError ? <FailurePanel error={share.error} title="The port could not be shared" /> : null}
          <div>
            <Button type="submit" look="primary" busy={share.isPending}>
              Make a link
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
