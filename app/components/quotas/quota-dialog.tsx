"use client";
import { useState } from "react";
import { fieldProblems, readFailure } from "../../errors/read-failure";
import type { Outputs } from "../../trpc/client";
import { TextField } from "../controls/field";
import { FormDialog } from "../controls/form-dialog";
import { FailurePanel } from "../feedback/failure-panel";

export type Limits = Outputs["users"]["get"]["quota"];

interface QuotaDialogProps {
  title: string;
  /** What an empty field means: `no limit`, or `as the role`. */
  empty: string;
  limits: Limits;
  busy: boolean;
  error: unknown;
  onSave: (limits: Limits) => void;
  onClose: () => void;
}

/** Four limits, of a role or of a person. */
export function QuotaDialog({ title, empty, limits, busy, error, onSave, onClose }: QuotaDialogProps) {
  const [sessions, setSessions] = useState(limits.sessions === null ? "" : String(limits.sessions));
  const [cpu, setCpu] = useState(limits.cpu ?? "");
  const [memory, setMemory] = useState(limits.memory ?? "");
  const [storage, setStorage] = useState(limits.storage ?? "");
  const [noNumber, setNoNumber] = useState(false);
  const problems = error ? fieldProblems(readFailure(error)) : {};
  const problemOf = (key: string) => problems[key] ?? problems[`quota.${key}`];
  const shown = ["sessions", "cpu", "memory", "storage"].some((key) => problemOf(key) !== undefined);
  const submit = () => {
    const text = sessions.trim();
    const wrong = text !== "" && !/^\d{1,6}$/.test(text);
    setNoNumber(wrong);
    if (wrong) return;
    const given = (value: string) => value.trim() || null;
    onSave({ sessions: text === "" ? null : Number(text), cpu: given(cpu), memory: given(memory), storage: given(storage) });
  };
  const field = (label: string, hint: string, value: string, change: (value: string) => void, problem: string | undefined) => (
    <TextField
      label={label}
      hint={hint}
      value={value}
      onChange={(event) => change(event.target.value)}
      placeholder={empty}
      autoComplete="off"
      spellCheck={false}
      {...(problem ? { problem } : {})}
    />
  );
  return (
    <FormDialog
      onClose={onClose}
      title={title}
      description="Nothing that runs is ended. What would go beyond a limit is refused when it is started or woken."
      action="Save limits"
      busy={busy}
      columns
      onSubmit={submit}
    >
      {field(
        "Sessions",
        "That have not ended, hibernated ones too.",
        sessions,
        setSessions,
        noNumber ? "Write a whole number, or nothing." : problemOf("sessions"),
      )}
      {field("CPU", "Of running sessions: 4, or 500m.", cpu, setCpu, problemOf("cpu"))}
      {field("Memory", "Of running and frozen sessions: 8Gi.", memory, setMemory, problemOf("memory"))}
      {field("Storage", "Of homes, as measured: 20Gi.", storage, setStorage, problemOf("storage"))}
      {error && !shown ? <FailurePanel error={error} title="The limits were not saved" /> : null}
    </FormDialog>
  );
}
