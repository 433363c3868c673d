"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState, useSyncExternalStore } from "react";
import { signInWithPassword } from "../../account/auth-requests";
import { Button, ButtonLink } from "../../components/controls/button";
import { TextField } from "../../components/controls/field";
import { FailurePanel } from "../../components/feedback/failure-panel";
import { Notice } from "../../components/feedback/notice";
import { Bone } from "../../components/feedback/skeleton";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { useTRPCClient } from "../../trpc/client";

const subscribe = (changed: () => void) => {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
};

/** What stands behind the `#`; null until the page runs. */
const useFragment = () =>
  useSyncExternalStore(
    subscribe,
    () => window.location.hash.slice(1),
    () => null,
  );

export function InvitationForm() {
  const client = useTRPCClient();
  const token = useFragment();
  const invitation = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => client.auth.seeInvitation.mutate({ token: token ?? "" }),
    enabled: token !== null,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (invitation.isError) {
    const failure = readFailure(invitation.error);
    if (failure.code !== "INVITATION_INVALID" && failure.code !== "VALIDATION_FAILED") {
      return (
        <FailurePanel
          error={invitation.error}
          title="The link could not be checked"
          onRetry={() => void invitation.refetch()}
          busy={invitation.isFetching}
        />
      );
    }
    return (
      <div className="flex flex-col items-start gap-4">
        <Notice tone="warning">This link was used, has been replaced or has run out. Ask an administrator for a new one.</Notice>
        <ButtonLink href="/sign-in">To the sign-in</ButtonLink>
      </div>
    );
  }
  if (!invitation.data) {
    return (
      <output aria-label="Loading" aria-busy className="flex flex-col gap-4">
        <Bone className="h-15 w-full" />
        <Bone className="h-15 w-full" />
        <Bone className="h-10 w-full" />
      </output>
    );
  }
  return <PasswordChoice token={token ?? ""} {...invitation.data} />;
}

function PasswordChoice({ token, username, hasPassword }: { token: string; username: string; hasPassword: boolean }) {
  const client = useTRPCClient();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const accept = useMutation({
    mutationFn: async () => {
      await client.auth.acceptInvitation.mutate({ token, password });
      // An account with a second factor is asked for it by the sign-in page.
      const refused = await signInWithPassword(username, password).catch(() => "");
      window.location.assign(refused === null ? "/" : "/sign-in");
    },
  });
  const refusals = accept.error ? fieldProblems(readFailure(accept.error)) : {};
  const short = password.length < 8 ? "At least 8 characters" : undefined;
  const different = again === password ? undefined : "Not the same as above";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!short && !different) accept.mutate();
  };
  return (
    <form method="post" onSubmit={submit} noValidate className="flex flex-col gap-4">
      <p className="wrap-anywhere">
        You sign in as <strong className="font-medium">{username}</strong>.
        {hasPassword ? " The new password takes the place of the one you have, and every login of yours ends." : ""}
      </p>
      <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
      <TextField
        label="Password"
        type="password"
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        problem={refusals.password ?? (tried ? short : undefined)}
        hint="At least 8 characters"
        maxLength={512}
        autoFocus
      />
      <TextField
        label="Password again"
        type="password"
        autoComplete="new-password"
        value={again}
        onChange={(event) => setAgain(event.target.value)}
        problem={tried ? different : undefined}
        maxLength={512}
      />
      {accept.isError && Object.keys(refusals).length === 0 ? <FailurePanel error={accept.error} title="The password was not set" /> : null}
      <Button type="submit" look="primary" busy={accept.isPending || accept.isSuccess} className="h-10">
        Set password and sign in
      </Button>
    </form>
  );
}
