"use client";
import { KeyRound } from "lucide-react";
import { type FormEvent, useState } from "react";
import { signInWithPassword, startOidcSignIn } from "../../account/auth-requests";
import { asksForSecondFactor, signInErrorWords } from "../../account/sign-in-error";
import { Button } from "../../components/controls/button";
import { TextField } from "../../components/controls/field";
import { Notice } from "../../components/feedback/notice";
import { CodeStep } from "./code-step";

interface SignInFormProps {
  /** A path of ours, checked on the server. */
  next: string;
  oidc: boolean;
  /** What next-auth sent back after a failed round through the identity provider. */
  error: string | null;
}

const unreachable = "The control plane did not answer. Check your connection and try again.";

export function SignInForm({ next, oidc, error }: SignInFormProps) {
  const [busy, setBusy] = useState<"password" | "oidc" | null>(null);
  const [first, setFirst] = useState<{ username: string; password: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(error === null ? null : signInErrorWords(error));

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const username = String(form.get("username") ?? "").trim();
    const password = String(form.get("password") ?? "");
    if (!username || !password) {
      setProblem("Enter your username and your password.");
      return;
    }
    await signIn({ username, password });
  };

  const signIn = async (given: { username: string; password: string }, code?: string) => {
    setBusy("password");
    setProblem(null);
    const refused = await signInWithPassword(given.username, given.password, code).catch(() => undefined);
    if (refused === null) {
      // A page of its own, so that nothing of an earlier user stays in memory.
      window.location.assign(next);
      return;
    }
    setBusy(null);
    if (refused !== undefined && asksForSecondFactor(refused)) {
      setFirst(given);
      return;
    }
    if (code !== undefined && refused === "AUTH_INVALID_CREDENTIALS") {
      setProblem("Username, password or code is wrong. Codes work once; wait for the next one, or go back.");
      return;
    }
    setProblem(refused === undefined ? unreachable : signInErrorWords(refused));
  };

  const withOidc = async () => {
    setBusy("oidc");
    setProblem(null);
    const left = await startOidcSignIn(next).catch(() => false);
    if (left) return;
    setBusy(null);
    setProblem("The identity provider can’t be reached. Try again in a moment.");
  };

  const said = (
    <div aria-live="assertive" className="empty:hidden">
      {problem ? <Notice tone="failed">{problem}</Notice> : null}
    </div>
  );
  if (first) {
    return (
      <div className="flex flex-col gap-5">
        {said}
        <CodeStep
          busy={busy === "password"}
          onCode={(code) => void signIn(first, code)}
          onBack={() => {
            setFirst(null);
            setProblem(null);
          }}
        />
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-5">
      {said}
      <form method="post" onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
        <TextField
          label="Username"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={63}
          autoFocus
        />
        <TextField label="Password" name="password" type="password" autoComplete="current-password" maxLength={512} />
        <Button type="submit" look="primary" busy={busy === "password"} disabled={busy === "oidc"} className="h-10">
          Sign in
        </Button>
      </form>
      {oidc ? (
        <>
          <div className="flex items-center gap-3 text-sm text-ink-faint">
            <span className="h-px flex-1 bg-line" /> or <span className="h-px flex-1 bg-line" />
          </div>
          <Button
            busy={busy === "oidc"}
            disabled={busy === "password"}
            onClick={() => void withOidc()}
            icon={<KeyRound aria-hidden className="size-4" />}
            className="h-10"
          >
            Single sign-on
          </Button>
        </>
      ) : null}
    </div>
  );
}
