"use client";
import { ArrowLeft } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "../../components/controls/button";
import { TextField } from "../../components/controls/field";

interface CodeStepProps {
  busy: boolean;
  onCode: (code: string) => void;
  onBack: () => void;
}

/** The second step of signing in: a code of the app, or a recovery code. Nothing is said yet of the first step. */
export function CodeStep({ busy, onCode, onBack }: CodeStepProps) {
  const [recovery, setRecovery] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget).get("totp") ?? "").trim();
    if (code) onCode(code);
  };
  return (
    <form method="post" onSubmit={submit} noValidate className="flex flex-col gap-4">
      <TextField
        key={recovery ? "recovery" : "app"}
        label={recovery ? "Recovery code" : "Code"}
        name="totp"
        hint={recovery ? "One of the ten that you kept; each works once." : "The six digits that your authenticator app shows now."}
        autoComplete={recovery ? "off" : "one-time-code"}
        inputMode={recovery ? "text" : "numeric"}
        autoCapitalize="none"
        spellCheck={false}
        maxLength={40}
        className="tabular"
        autoFocus
      />
      <Button type="submit" look="primary" busy={busy} className="h-10">
        Continue
      </Button>
      <div className="flex flex-wrap justify-between gap-2">
        <Button look="quiet" size="small" onClick={onBack} icon={<ArrowLeft aria-hidden className="size-3.5" />}>
          Back
        </Button>
        <Button look="quiet" size="small" onClick={() => setRecovery(!recovery)}>
          {recovery ? "Use the authenticator app" : "Use a recovery code"}
        </Button>
      </div>
    </form>
  );
}
