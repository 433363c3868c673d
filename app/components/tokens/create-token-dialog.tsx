"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { TokenScope } from "../../../server/modules/users/users-schema";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { SelectField, TextField } from "../controls/field";
import { FormDialog } from "../controls/form-dialog";
import { CopyBox } from "../data/copy-box";
import { FailurePanel } from "../feedback/failure-panel";
import { Notice } from "../feedback/notice";
import { scopes, scopeWords } from "./scope-words";

const lives = [
  { days: "7", label: "7 days" },
  { days: "30", label: "30 days" },
  { days: "90", label: "90 days" },
  { days: "365", label: "A year" },
  { days: "", label: "Never" },
] as const;

/** For oneself, or for the service account `userId`. The value is shown here and nowhere again. */
export function CreateTokenDialog({ userId, onClose }: { userId?: string; onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<TokenScope>("write");
  const [days, setDays] = useState<string>("90");
  const create = useMutation(
    trpc.tokens.create.mutationOptions({ onSettled: () => queryClient.invalidateQueries(trpc.tokens.pathFilter()) }),
  );
  const problem = create.error ? fieldProblems(readFailure(create.error)).name : undefined;
  const submit = () => {
    create.mutate({ name, scope, expiresInDays: days === "" ? null : Number(days), ...(userId ? { userId } : {}) });
  };
  if (create.data) {
    return (
      <Dialog
        open
        wide
        onClose={onClose}
        title={`The token ‘${create.data.name}’`}
        actions={
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <div className="flex flex-col gap-4">
          <Notice tone="warning">Copy it now: it is shown this once, and kept nowhere. Whoever has it comes in with its scope.</Notice>
          <CopyBox text={create.data.value} what="token" />
          <p className="text-sm text-ink-soft">
            Send it as <code className="font-mono">Authorization: Bearer …</code>
          </p>
        </div>
      </Dialog>
    );
  }
  return (
    <FormDialog
      onClose={onClose}
      title="New token"
      action="Make the token"
      busy={create.isPending}
      disabled={name.trim() === ""}
      onSubmit={submit}
    >
      <TextField
        label="Name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        problem={problem}
        hint="What uses it; the audit log says it too."
        autoComplete="off"
        maxLength={100}
      />
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1.5 text-sm font-medium">Scope</legend>
        <div className="divide-y divide-line rounded-md border border-line-strong/70">
          {scopes.map((one) => (
            <label key={one} className="flex cursor-pointer gap-3 px-3 py-2 has-focus-visible:outline-2 has-focus-visible:outline-accent">
              <input
                type="radio"
                name="scope"
                checked={one === scope}
                onChange={() => setScope(one)}
                className="mt-1 shrink-0 self-start accent-accent"
              />
              <span className="min-w-0">
                <span className="block">{scopeWords[one].name}</span>
                <span className="block text-sm text-ink-faint">{scopeWords[one].may}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <SelectField label="Expires" value={days} onChange={(event) => setDays(event.target.value)}>
        {lives.map((life) => (
          <option key={life.days} value={life.days}>
            {life.label}
          </option>
        ))}
      </SelectField>
      <p className="text-sm text-ink-faint">Whatever is chosen, it ends with a new password or role, and with signing out everywhere.</p>
      {create.isError && !problem ? <FailurePanel error={create.error} title="The token was not made" /> : null}
    </FormDialog>
  );
}
