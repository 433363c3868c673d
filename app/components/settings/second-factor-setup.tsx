"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { TextField } from "../controls/field";
import { FormDialog } from "../controls/form-dialog";
import { CopyText } from "../data/copy-text";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import { lazyInBrowser } from "../lazy-part";
import { useCurrentUser } from "../shell/user-context";
import { RecoveryCodes } from "./recovery-codes";

const QrCode = lazyInBrowser(() => import("./qr-code").then((module) => module.default), <Bone className="size-44 shrink-0" />);

/** Password → QR code and first code → recovery codes. */
export function SecondFactorSetup({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const user = useCurrentUser();
  const queryClient = useQueryClient();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const start = useMutation(trpc.account.startSecondFactor.mutationOptions());
  const confirm = useMutation(
    trpc.account.confirmSecondFactor.mutationOptions({
      onSuccess: () =>
        Promise.all([trpc.account.secondFactor, trpc.auth.me].map((query) => queryClient.invalidateQueries(query.pathFilter()))),
    }),
  );
  const made = confirm.data?.recoveryCodes;
  const step = start.data ? confirm : start;
  const problems = step.error ? fieldProblems(readFailure(step.error)) : {};
  const submit = () => {
    if (!start.data) start.mutate({ password });
    else if (code.trim()) confirm.mutate({ code });
  };
  if (made) {
    return (
      <Dialog
        open
        wide
        onClose={onClose}
        title="Your recovery codes"
        description="The second factor is on: from now on signing in asks for it."
        actions={
          <Button look="primary" onClick={onClose}>
            I have kept them
          </Button>
        }
      >
        <RecoveryCodes codes={made} username={user.username} />
      </Dialog>
    );
  }
  return (
    <FormDialog
      wide
      onClose={onClose}
      title="Set up a second factor"
      description={start.data ? undefined : "First, so that nobody does this at a screen that you left open:"}
      action={start.data ? "Turn on" : "Continue"}
      busy={step.isPending}
      onSubmit={submit}
    >
      {start.data ? (
        <>
          <Seed seed={start.data} />
          <TextField
            key="code"
            label="Code that the app shows now"
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={10}
            value={code}
            onChange={(event) => setCode(event.target.value)}
            problem={problems.code}
            className="tabular max-w-40"
            autoFocus
          />
        </>
      ) : (
        <>
          <input type="text" name="username" autoComplete="username" value={user.username} readOnly hidden />
          <TextField
            key="password"
            label="Your password"
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            problem={problems.password}
            autoFocus
          />
        </>
      )}
      {step.isError && Object.keys(problems).length === 0 ? (
        <FailurePanel error={step.error} title="The second factor was not set up" />
      ) : null}
    </FormDialog>
  );
}

function Seed({ seed }: { seed: Outputs["account"]["startSecondFactor"] }) {
  return (
    <div className="flex flex-col items-start gap-4 sm:flex-row">
      <QrCode text={seed.uri} label="QR code for the authenticator app" />
      <div className="flex min-w-0 flex-col gap-2 text-ink-soft">
        <p>Scan this with an authenticator app on your phone. It then shows a new six-digit code every 30 seconds.</p>
        <p>Or type this secret into it:</p>
        <p className="wrap-anywhere">
          <CopyText text={seed.secret} shown={(seed.secret.match(/.{1,4}/g) ?? []).join(" ")} label="secret" />
        </p>
      </div>
    </div>
  );
}
