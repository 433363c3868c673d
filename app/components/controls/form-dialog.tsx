"use client";
import { type ReactNode, useId } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";

interface FormDialogProps {
  title: string;
  description?: ReactNode;
  wide?: boolean;
  /** What the button that sends it says. */
  action: string;
  /** Default `primary`. */
  look?: "primary" | "danger";
  busy: boolean;
  /** Something is missing yet. */
  disabled?: boolean;
  onSubmit: () => void;
  onClose: () => void;
  /** Its fields, and what was refused about all of it. */
  children: ReactNode;
  /** In two columns where there is room. */
  columns?: boolean;
}

/** One form over a page: Enter in a field sends it, Cancel and Escape leave all as it was. Each field says what is wrong with it. */
export function FormDialog(props: FormDialogProps) {
  const { title, description, wide, action, look = "primary", busy, disabled, onSubmit, onClose, children, columns = false } = props;
  const form = useId();
  return (
    <Dialog
      open
      {...(wide ? { wide } : {})}
      onClose={onClose}
      title={title}
      {...(description ? { description } : {})}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} look={look} busy={busy} disabled={disabled}>
            {action}
          </Button>
        </>
      }
    >
      <form
        id={form}
        method="post"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
        noValidate
        className={columns ? "grid grid-cols-1 gap-4 sm:grid-cols-2" : "flex flex-col gap-4"}
      >
        {children}
      </form>
    </Dialog>
  );
}
