"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { renewLogin } from "../../account/auth-requests";
import { goToSignIn, renewingLogin } from "../../account/go-to-sign-in";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { useTRPC, useTRPCClient } from "../../trpc/client";
import { Button } from "../controls/button";
import { TextField } from "../controls/field";
import { FailurePanel } from "../feedback/failure-panel";
import { useCurrentUser } from "../shell/user-context";

export function PasswordForm() {
  const client = useTRPCClient();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const user = useCurrentUser();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const change = useMutation({
    mutationFn: async (input: { currentPassword: string; newPassword: string }) => {
      // The change ends every login, this one too: what it answers begins a new one.
      const refused = await renewingLogin(async () => {
        const { renewal } = await client.users.changePassword.mutate(input);
        return renewLogin(renewal ?? "").catch(() => "");
      });
      if (refused !== null) goToSignIn();
      // What was asked while the old login ended may have been refused.
      void queryClient.invalidateQueries();
      await queryClient.invalidateQueries(trpc.account.logins.pathFilter());
    },
    onSuccess: () => {
      setCurrent("");
      setNext("");
      setAgain("");
      setTried(false);
    },
  });
  const failure = change.error ? readFailure(change.error) : null;
  const refused = failure ? fieldProblems(failure) : {};
  const wrong = failure?.code === "AUTH_INVALID_CREDENTIALS" ? "This is not your current password" : undefined;
  const short = next.length < 8 ? "At least 8 characters" : undefined;
  const different = again === next ? undefined : "Not the same as above";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!short && !different && current) change.mutate({ currentPassword: current, newPassword: next });
  };
  return (
    <form method="post" onSubmit={submit} noValidate className="flex max-w-sm flex-col gap-4">
      <input type="text" name="username" autoComplete="username" value={user.username} readOnly hidden />
      <TextField
        label="Current password"
        type="password"
        autoComplete="current-password"
        value={current}
        onChange={(event) => setCurrent(event.target.value)}
        problem={wrong ?? (tried && !current ? "Needed to change it" : undefined)}
      />
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        value={next}
        onChange={(event) => setNext(event.target.value)}
        problem={refused.newPassword ?? (tried ? short : undefined)}
        hint="At least 8 characters"
      />
      <TextField
        label="New password again"
        type="password"
        autoComplete="new-password"
        value={again}
        onChange={(event) => setAgain(event.target.value)}
        problem={tried ? different : undefined}
      />
      {failure && !wrong && Object.keys(refused).length === 0 ? (
        <FailurePanel error={change.error} title="The password was not changed" />
      ) : null}
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" look="primary" busy={change.isPending}>
          Change password
        </Button>
        <output className="text-sm text-ink-soft">
          {change.isSuccess && !next ? "Changed. Every other login of yours has ended." : ""}
        </output>
      </div>
    </form>
  );
}
