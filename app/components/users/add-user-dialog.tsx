"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { createUserInput, type UserRole } from "../../../server/modules/users/users-schema";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { SelectField, TextField } from "../controls/field";
import { FailurePanel } from "../feedback/failure-panel";

const roleHints: Record<UserRole, string> = {
  user: "Own sessions and homes.",
  operator: "Every session’s state, agents, templates and tasks; nobody’s screen or files.",
  admin: "Everything. Opening another person’s screen asks for a reason and is audited.",
};

export function AddUserDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const form = useId();
  const [draft, setDraft] = useState<{ username: string; email: string; password: string; role: UserRole }>({
    username: "",
    email: "",
    password: "",
    role: "user",
  });
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const create = useMutation(
    trpc.users.create.mutationOptions({
      onSuccess: onClose,
      onError: (error) => setProblems(fieldProblems(readFailure(error))),
      onSettled: () => queryClient.invalidateQueries(trpc.users.pathFilter()),
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const parsed = createUserInput.safeParse({ ...draft, email: draft.email.trim() || undefined });
    if (!parsed.success) {
      setProblems(Object.fromEntries(parsed.error.issues.map((issue) => [issue.path.join("."), issue.message])));
      return;
    }
    setProblems({});
    create.mutate(parsed.data);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Add user"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} look="primary" busy={create.isPending}>
            Add user
          </Button>
        </>
      }
    >
      <form id={form} method="post" onSubmit={submit} noValidate className="flex flex-col gap-4">
        <TextField
          label="Username"
          value={draft.username}
          onChange={(event) => setDraft({ ...draft, username: event.target.value })}
          problem={problems.username}
          autoComplete="off"
          spellCheck={false}
          autoCapitalize="none"
        />
        <TextField
          label="Email"
          aside="optional"
          type="email"
          value={draft.email}
          onChange={(event) => setDraft({ ...draft, email: event.target.value })}
          problem={problems.email}
          autoComplete="off"
        />
        <TextField
          label="Password"
          type="password"
          value={draft.password}
          onChange={(event) => setDraft({ ...draft, password: event.target.value })}
          problem={problems.password}
          hint="At least 8 characters. They can change it under Settings."
          autoComplete="new-password"
        />
        <SelectField
          label="Role"
          value={draft.role}
          onChange={(event) =>
            setDraft({ ...draft, role: event.target.value === "admin" ? "admin" : event.target.value === "operator" ? "operator" : "user" })
          }
          hint={roleHints[draft.role]}
        >
          <option value="user">User</option>
          <option value="operator">Operator</option>
          <option value="admin">Administrator</option>
        </SelectField>
        {create.isError && Object.keys(problems).length === 0 ? (
          <FailurePanel error={create.error} title="The user could not be added" />
        ) : null}
      </form>
    </Dialog>
  );
}
