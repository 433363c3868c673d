"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { TextField } from "../controls/field";
import { FailurePanel } from "../feedback/failure-panel";

export function DisplayNameForm({ displayName }: { displayName: string | null }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [name, setName] = useState(displayName ?? "");
  const save = useMutation(
    trpc.account.update.mutationOptions({ onSuccess: (account) => queryClient.setQueryData(trpc.auth.me.queryKey(), account) }),
  );
  const problems = save.error ? fieldProblems(readFailure(save.error)) : {};
  const unchanged = name.trim() === (displayName ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!unchanged) save.mutate({ displayName: name.trim() || null });
  };
  return (
    <form method="post" onSubmit={submit} noValidate className="flex max-w-sm flex-col gap-4">
      <TextField
        label="What others see beside your username"
        aside="optional"
        value={name}
        onChange={(event) => setName(event.target.value)}
        maxLength={100}
        autoComplete="name"
        problem={problems.displayName}
      />
      {save.isError && Object.keys(problems).length === 0 ? <FailurePanel error={save.error} title="The name was not saved" /> : null}
      <div>
        <Button type="submit" busy={save.isPending} disabled={unchanged}>
          Save name
        </Button>
      </div>
    </form>
  );
}
