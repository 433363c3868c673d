"use client";
import { useState } from "react";
import { readFailure } from "../../errors/read-failure";
import { counted } from "../../format/quantity";
import { Button } from "../controls/button";
import { CheckField } from "../controls/check-field";
import { Dialog } from "../controls/dialog";
import { TextAreaField } from "../controls/field";
import { readDotenv } from "./read-dotenv";
import type { EnvironmentChange } from "./variables";

interface PasteVariablesProps {
  readonly error: unknown;
  readonly busy: boolean;
  readonly onClose: () => void;
  readonly onApply: (change: EnvironmentChange) => void;
}

/** The text of an `.env` file becomes variables: those that are there get its values, the others stay. */
export function PasteVariables({ error, busy, onClose, onApply }: PasteVariablesProps) {
  const [text, setText] = useState("");
  const [secret, setSecret] = useState(false);
  const { variables, problems } = readDotenv(text);
  const problem = problems[0] ?? (error ? readFailure(error).message : undefined);
  const count = counted(variables.size, "variable");
  const apply = () => onApply({ env: Object.fromEntries(variables), ...(secret ? { secret: [...variables.keys()] } : {}) });
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Paste .env"
      description="Variables that are there already get these values; the others stay."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} disabled={variables.size === 0 || problems.length > 0} onClick={apply}>
            Set {count}
          </Button>
        </>
      }
    >
      <TextAreaField
        label="Text"
        rows={10}
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder={"NAME=value\n# a comment"}
        hint={variables.size > 0 ? [...variables.keys()].join(", ") : undefined}
        {...(problem ? { problem } : {})}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        className="font-mono"
      />
      <CheckField label="All of them are secret" checked={secret} onChange={setSecret} />
    </Dialog>
  );
}
