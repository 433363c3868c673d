"use client";
import { type ComponentProps, type ReactNode, useEffect, useId } from "react";
import { tellEarlyInput } from "./early-input";

const controlClass =
  "w-full rounded-md border border-line-strong/70 bg-surface px-3 text-base text-ink placeholder:text-ink-faint transition-colors duration-150 hover:border-line-strong aria-invalid:border-failed disabled:opacity-60";

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  problem?: string;
  /** Said beside the label; fields are required unless it says `optional`. */
  aside?: ReactNode;
  children: (wiring: { id: string; "aria-describedby": string | undefined; "aria-invalid": true | undefined }) => ReactNode;
}

/** A label, a control, and below it either what is wrong with it or a hint. */
export function Field({ label, hint, problem, aside, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = problem ?? hint;
  useEffect(() => tellEarlyInput(document.getElementById(id)), [id]);
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex items-baseline justify-between gap-2">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        {aside ? <span className="text-xs text-ink-faint">{aside}</span> : null}
      </div>
      {children({ id, "aria-describedby": note ? noteId : undefined, "aria-invalid": problem ? true : undefined })}
      {note ? (
        <p
          id={noteId}
          role={problem ? "alert" : undefined}
          className={`text-sm wrap-anywhere ${problem ? "text-failed" : "text-ink-faint"}`}
        >
          {note}
        </p>
      ) : null}
    </div>
  );
}

type TextFieldProps = Omit<FieldProps, "children"> & ComponentProps<"input">;

export function TextField({ label, hint, problem, aside, className = "", ...input }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} problem={problem} aside={aside}>
      {(wiring) => <input {...input} {...wiring} className={`${controlClass} h-9 ${className}`} />}
    </Field>
  );
}

type SelectFieldProps = Omit<FieldProps, "children"> & ComponentProps<"select">;

export function SelectField({ label, hint, problem, aside, children, ...select }: SelectFieldProps) {
  return (
    <Field label={label} hint={hint} problem={problem} aside={aside}>
      {(wiring) => (
        <select {...select} {...wiring} className={`${controlClass} h-9`}>
          {children}
        </select>
      )}
    </Field>
  );
}

type TextAreaFieldProps = Omit<FieldProps, "children"> & ComponentProps<"textarea">;

export function TextAreaField({ label, hint, problem, aside, className = "", ...area }: TextAreaFieldProps) {
  return (
    <Field label={label} hint={hint} problem={problem} aside={aside}>
      {(wiring) => <textarea {...area} {...wiring} className={`${controlClass} py-2 ${className}`} />}
    </Field>
  );
}
