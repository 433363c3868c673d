"use client";
import { useState } from "react";
import { TextField } from "../controls/field";
import { FormDialog } from "../controls/form-dialog";
import { FailurePanel } from "../feedback/failure-panel";

interface WarmPoolDialogProps {
  size: number;
  busy: boolean;
  error: unknown;
  onSave: (size: number) => void;
  onClose: () => void;
}

/** One number: how many sessions wait. */
export function WarmPoolDialog({ size, busy, error, onSave, onClose }: WarmPoolDialogProps) {
  const [text, setText] = useState(String(size));
  const [wrong, setWrong] = useState(false);
  const submit = () => {
    const given = /^\d{1,2}$/.test(text.trim()) ? Number(text) : Number.NaN;
    setWrong(!(given <= 50));
    if (given <= 50) onSave(given);
  };
  return (
    <FormDialog
      onClose={onClose}
      title="Warm pool"
      description="So many sessions of this template are kept started and waiting, and whoever asks for one has it at once. They take room on the agents, and give it back when somebody else needs it."
      action="Save"
      busy={busy}
      onSubmit={submit}
    >
      <TextField
        label="Sessions that wait"
        hint="0 keeps none. Whoever wants less memory, variables, a keyboard layout or another home waits for a start as ever."
        value={text}
        onChange={(event) => setText(event.target.value)}
        inputMode="numeric"
        autoComplete="off"
        {...(wrong ? { problem: "Write a whole number from 0 to 50." } : {})}
      />
      {error ? <FailurePanel error={error} title="The warm pool was not changed" /> : null}
    </FormDialog>
  );
}
