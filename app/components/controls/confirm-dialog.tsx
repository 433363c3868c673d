"use client";
import { type ReactNode, useState } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { TextField } from "./field";

interface ConfirmDialogProps {
  open: boolean;
  onClose: () => void;
  onConfirm: () => void;
  title: string;
  /** What will be lost, and what will not. */
  children: ReactNode;
  /** What happens, as a verb: `Terminate`. */
  action: string;
  /** Has to be typed before the button works; only where data dies. */
  typedName?: string;
  busy?: boolean;
}

export function ConfirmDialog({ open, onClose, onConfirm, title, children, action, typedName, busy = false }: ConfirmDialogProps) {
  const [typed, setTyped] = useState("");
  const armed = typedName === undefined || typed === typedName;
  const close = () => {
    setTyped("");
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={title}
      description={children}
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button look="danger" disabled={!armed} busy={busy} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    >
      {typedName === undefined ? null : (
        <TextField
          label={
            <>
              Type <span className="font-mono select-all">{typedName}</span> to confirm
            </>
          }
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          autoComplete="off"
          spellCheck={false}
        />
      )}
    </Dialog>
  );
}
