"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { TextField } from "../controls/field";
import { FormDialog } from "../controls/form-dialog";
import { FailurePanel } from "../feedback/failure-panel";
import { useCurrentUser } from "../shell/user-context";
import { RecoveryCodes } from "./recovery-codes";

const words = {
  remove: {
    title: "Remove the second factor?",
    lead: "From then on the password alone is enough to sign in, and the recovery codes are worth nothing.",
    action: "Remove",
  },
  renew: {
    title: "New recovery codes",
    lead: "Ten new ones are made; those that you have are worth nothing then.",
    action: "Make new codes",
  },
} as const;

/** What takes password and code: removing the second factor, and new recovery codes. */
export function SecondFactorProof({ purpose, onClose }: { purpose: keyof typeof words; onClose: () => void }) {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const queryClient = useQueryClient();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const { title, lead, action } = words[purpose];
  const refresh = () =>
    Promise.all([trpc.account.secondFactor, trpc.auth.me].map((query) => queryClient.invalidateQueries(query.pathFilter())));
  const remove = useMutation(
    trpc.account.removeSecondFactor.mutationOptions({
      onSuccess: async () => {
        await refresh();
        onClose();
      },
    }),
  );
  const renew = useMutation(trpc.account.renewRecoveryCodes.mutationOptions({ onSuccess: refresh }));
  const work = purpose === "remove" ? remove : renew;
  const problems = work.error ? fieldProblems(readFailure(work.error)) : {};
  const submit = () => {
    work.mutate({ password, code: code.trim() });
  };
  if (renew.data) {
    return (
      <Dialog
        open
        wide
        onClose={onClose}
        title={title}
        actions={
          <Button look="primary" onClick={onClose}>
            I have kept them
          </Button>
        }
      >
        <RecoveryCodes codes={renew.data.recoveryCodes} username={user.username} />
      </Dialog>
    );
  }
  return (
    <FormDialog
      onClose={onClose}
      title={title}
      description={lead}
      action={action}
      look={purpose === "remove" ? "danger" : "primary"}
      busy={work.isPending}
      disabled={!password || !code.trim()}
      onSubmit={submit}
    >
      <input type="text" name="username" autoComplete="username" value={user.username} readOnly hidden />
      <TextField
        label="Your password"
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        problem={problems.password}
      />
      <TextField
        label="Code"
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={40}
        value={code}
        onChange={(event) => setCode(event.target.value)}
        problem={problems.code}
        hint="Of the authenticator app, or a recovery code"
      />
      {work.isError && Object.keys(problems).length === 0 ? <FailurePanel error={work.error} title="Nothing was changed" /> : null}
    </FormDialog>
  );
}
