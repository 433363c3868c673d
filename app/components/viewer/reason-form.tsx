"use client";
import { ShieldAlert } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "../controls/button";
import { TextField } from "../controls/field";

interface ReasonFormProps {
  owner: string;
  /** What is opened; default the screen. */
  what?: "screen" | "session";
  onReason: (reason: string) => void;
}

/** Asked of an admin before another person's screen is opened. */
export function ReasonForm({ owner, what = "screen", onReason }: ReasonFormProps) {
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const text = reason.trim();
  const problem = text.length < 3 ? "Say in a few words why" : text.length > 500 ? "At most 500 characters" : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!problem) onReason(text);
  };
  return (
    <form
      method="post"
      onSubmit={submit}
      noValidate
      className="flex w-full max-w-md flex-col gap-4 rounded-xl border border-line bg-raised p-5"
    >
      <div className="flex gap-3">
        <ShieldAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-warning" />
        <div>
          <h2 className="font-medium wrap-anywhere">
            This {what} belongs to {owner}
          </h2>
          <p className="mt-1 text-ink-soft wrap-anywhere">
            Opening it is written to the audit log with your reason, and {owner} sees both while you are here.
          </p>
        </div>
      </div>
      <TextField
        label="Reason"
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        problem={tried ? problem : undefined}
        autoFocus
        maxLength={500}
      />
      <div>
        <Button type="submit" look="primary">
          {what === "screen" ? "Open the screen" : "Go on"}
        </Button>
      </div>
    </form>
  );
}
