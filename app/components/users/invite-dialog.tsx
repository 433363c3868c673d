"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { inviteInput } from "../../../server/modules/users/account-schema";
import { createServiceAccountInput, createUserInput, type UserRole } from "../../../server/modules/users/users-schema";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { TextField } from "../controls/field";
import { FormDialog } from "../controls/form-dialog";
import { Segmented } from "../controls/segmented";
import { FailurePanel } from "../feedback/failure-panel";
import { LinkBox } from "./link-box";
import { RoleField } from "./role-field";

const ways = [
  { value: "link", label: "By a link" },
  { value: "password", label: "With a password" },
  { value: "service", label: "For scripts" },
] as const;

/** Adds a person: by a link with which they choose their password, or with one that is told to them. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const router = useRouter();
  const [way, setWay] = useState<"link" | "password" | "service">("link");
  const [draft, setDraft] = useState({ username: "", email: "", password: "" });
  const [role, setRole] = useState<UserRole>("user");
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const after = {
    onError: (error: unknown) => setProblems(fieldProblems(readFailure(error))),
    onSettled: () => queryClient.invalidateQueries(trpc.users.pathFilter()),
  };
  const invite = useMutation(trpc.users.invite.mutationOptions(after));
  const create = useMutation(trpc.users.create.mutationOptions({ ...after, onSuccess: onClose }));
  const createService = useMutation(
    trpc.users.createServiceAccount.mutationOptions({ ...after, onSuccess: ({ id }) => router.push(`/users/${id}`) }),
  );
  const adding = way === "link" ? invite : way === "service" ? createService : create;
  const submit = () => {
    const common = { username: draft.username, email: draft.email.trim() || undefined, role };
    const refused = (issues: readonly { path: PropertyKey[]; message: string }[]) =>
      setProblems(Object.fromEntries(issues.map((issue) => [issue.path.join("."), issue.message])));
    setProblems({});
    if (way === "link") {
      const parsed = inviteInput.safeParse(common);
      if (parsed.success) invite.mutate(parsed.data);
      else refused(parsed.error.issues);
    } else if (way === "service") {
      const parsed = createServiceAccountInput.safeParse({ username: draft.username, role });
      if (parsed.success) createService.mutate(parsed.data);
      else refused(parsed.error.issues);
    } else {
      const parsed = createUserInput.safeParse({ ...common, password: draft.password });
      if (parsed.success) create.mutate(parsed.data);
      else refused(parsed.error.issues);
    }
  };
  if (invite.data) {
    return (
      <Dialog
        open
        wide
        onClose={onClose}
        title={`${invite.data.user.username} is invited`}
        actions={
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <LinkBox url={invite.data.url} expiresAt={String(invite.data.expiresAt)} user={invite.data.user} />
      </Dialog>
    );
  }
  return (
    <FormDialog
      onClose={onClose}
      title="Add user"
      action={way === "link" ? "Invite" : way === "service" ? "Add service account" : "Add user"}
      busy={adding.isPending}
      onSubmit={submit}
    >
      <div>
        <Segmented label="How they sign in first" value={way} options={ways} onChange={setWay} />
      </div>
      {way === "service" ? (
        <p className="text-sm text-ink-soft">
          A service account is nobody’s: it has no password and can’t sign in. You make API tokens for it on its page.
        </p>
      ) : null}
      <TextField
        label="Username"
        value={draft.username}
        onChange={(event) => setDraft({ ...draft, username: event.target.value })}
        problem={problems.username}
        autoComplete="off"
        spellCheck={false}
        autoCapitalize="none"
        maxLength={63}
      />
      {way === "service" ? null : (
        <TextField
          label="Email"
          aside="optional"
          type="email"
          value={draft.email}
          onChange={(event) => setDraft({ ...draft, email: event.target.value })}
          problem={problems.email}
          autoComplete="off"
        />
      )}
      {way === "password" ? (
        <TextField
          label="Password"
          type="password"
          value={draft.password}
          onChange={(event) => setDraft({ ...draft, password: event.target.value })}
          problem={problems.password}
          hint="At least 8 characters. They can change it under Settings."
          autoComplete="new-password"
        />
      ) : null}
      <RoleField role={role} onRole={setRole} />
      {adding.isError && Object.keys(problems).length === 0 ? (
        <FailurePanel error={adding.error} title="The user could not be added" />
      ) : null}
    </FormDialog>
  );
}
