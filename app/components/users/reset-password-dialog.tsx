"use client";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { useTRPC } from "../../trpc/client";
import { TextField } from "../controls/field";
import { FormDialog } from "../controls/form-dialog";
import { FailurePanel } from "../feedback/failure-panel";
import { useToasts } from "../feedback/toasts";
import type { ListedUser } from "./user-words";

export function ResetPasswordDialog({ user, onClose }: { user: ListedUser; onClose: () => void }) {
  const trpc = useTRPC();
  const toasts = useToasts();
  const [password, setPassword] = useState("");
  const update = useMutation(
    trpc.users.update.mutationOptions({
      onSuccess: () => {
        toasts.done(`${user.username} has a new password`, "Their logins have ended.");
        onClose();
      },
    }),
  );
  const problems = update.error ? fieldProblems(readFailure(update.error)) : {};
  const submit = () => {
    update.mutate({ id: user.id, password });
  };
  return (
    <FormDialog
      onClose={onClose}
      title={`New password for ${user.username}`}
      description="Every login of theirs ends. Tell them the new password on a way that you trust."
      action="Set password"
      busy={update.isPending}
      disabled={password.length < 8}
      onSubmit={submit}
    >
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        problem={problems.password}
        hint="At least 8 characters"
      />
      {update.isError && Object.keys(problems).length === 0 ? (
        <FailurePanel error={update.error} title="The password could not be set" />
      ) : null}
    </FormDialog>
  );
}
