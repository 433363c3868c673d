"use client";
import { useState } from "react";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { CheckField } from "../controls/check-field";
import { TextAreaField, TextField } from "../controls/field";
import { FormDialog } from "../controls/form-dialog";
import type { EnvironmentChange, Variable } from "./variables";

interface VariableDialogProps {
  /** Null: a new one. */
  readonly variable: Variable | null;
  /** Where it was revealed. */
  readonly value: string | undefined;
  readonly error: unknown;
  readonly busy: boolean;
  readonly onClose: () => void;
  readonly onApply: (change: EnvironmentChange) => void;
}

export function VariableDialog({ variable, value: known, error, busy, onClose, onApply }: VariableDialogProps) {
  const [name, setName] = useState(variable?.name ?? "");
  const [value, setValue] = useState(known ?? "");
  const [touched, setTouched] = useState(false);
  const [secret, setSecret] = useState(variable?.secret ?? false);
  // A value that is not shown is left alone unless another is typed.
  const keeps = variable !== null && variable.origin === "session" && variable.readable && !touched;
  const failure = error ? readFailure(error) : null;
  const said = failure ? (fieldProblems(failure)[name] ?? failure.message) : undefined;
  const save = () => {
    const marked = secret === (variable?.secret ?? false) ? {} : secret ? { secret: [name] } : { notSecret: [name] };
    onApply({ env: keeps ? {} : { [name]: value }, ...marked });
  };
  return (
    <FormDialog
      onClose={onClose}
      title={variable ? `Change ${variable.name}` : "Add a variable"}
      description={variable?.origin === "template" ? "The session gets a value of its own; the template stays as it is." : undefined}
      action={variable ? "Change" : "Add"}
      busy={busy}
      disabled={name === ""}
      onSubmit={save}
    >
      {variable ? null : (
        <TextField
          label="Name"
          value={name}
          onChange={(event) => setName(event.target.value.trim())}
          placeholder="NAME"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          className="font-mono"
        />
      )}
      <TextAreaField
        label="Value"
        rows={4}
        value={value}
        onChange={(event) => {
          setTouched(true);
          setValue(event.target.value);
        }}
        hint={keeps && known === undefined ? "Not shown here. It stays as it is unless you type another." : undefined}
        problem={said}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        className="font-mono"
      />
      <CheckField label="Secret" hint="Left out when all values are shown." checked={secret} onChange={setSecret} />
    </FormDialog>
  );
}
