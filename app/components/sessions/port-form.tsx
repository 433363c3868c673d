"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { TextField } from "../controls/field";
import { Segmented } from "../controls/segmented";
import { FailurePanel } from "../feedback/failure-panel";

/** Writes a port down: it is listed from then on, with a name. */
export function PortForm({ sessionId, onDone }: { sessionId: string; onDone: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [number, setNumber] = useState("");
  const [name, setName] = useState("");
  const [kind, setKind] = useState<"http" | "tcp">("http");
  const [tried, setTried] = useState(false);
  const save = useMutation(
    trpc.ports.save.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.ports.list.queryFilter({ id: sessionId }));
        onDone();
      },
    }),
  );
  const port = Number(number);
  const problem = /^\d{1,5}$/.test(number.trim()) && port >= 1 && port <= 65_535 ? undefined : "A number from 1 to 65535";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!problem) save.mutate({ id: sessionId, port, name: name.trim(), kind });
  };
  return (
    <form method="post" onSubmit={submit} noValidate className="flex flex-col gap-3 rounded-lg border border-line p-3">
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField
          label="Port"
          inputMode="numeric"
          value={number}
          onChange={(event) => setNumber(event.target.value)}
          problem={tried ? problem : undefined}
          autoFocus
          maxLength={5}
          autoComplete="off"
        />
        <TextField
          label="Name"
          aside="optional"
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={60}
          autoComplete="off"
        />
      </div>
      <Segmented
        label="What it speaks"
        value={kind}
        onChange={setKind}
        options={[
          { value: "http", label: "HTTP" },
          { value: "tcp", label: "TCP" },
        ]}
      />
      {save.isError ? <FailurePanel error={save.error} title="The port could not be added" /> : null}
      <div className="flex gap-2">
        <Button type="submit" look="primary" size="small" busy={save.isPending}>
          Add
        </Button>
        <Button size="small" look="quiet" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
