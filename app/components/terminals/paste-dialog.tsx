"use client";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { cleanPaste } from "./paste-text";
import type { PendingPaste } from "./use-terminal";

const SHOWN = 1000;

/** Asked before text that runs as it arrives, or isn't what it looks like. */
export function PasteDialog({ pending, onDecide }: { pending: PendingPaste; onDecide: (go: boolean) => void }) {
  const { text, lines, hasControls, tooLong } = pending;
  const clean = cleanPaste(text);
  const title = tooLong ? "This is too much to paste" : lines > 1 ? `Paste ${lines} lines?` : "Paste this text?";
  return (
    <Dialog
      open
      onClose={() => onDecide(false)}
      title={title}
      description={
        tooLong
          ? "Bring it into the session as a file."
          : [
              lines > 1 ? "A shell may run each line as it arrives." : "",
              hasControls ? "Characters that can't be seen are left out: they could do something else than what is shown." : "",
            ].join(" ")
      }
      actions={
        <>
          <Button onClick={() => onDecide(false)}>Cancel</Button>
          {tooLong ? null : (
            <Button look="primary" onClick={() => onDecide(true)}>
              Paste
            </Button>
          )}
        </>
      }
    >
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too
        tabIndex={0}
        className="max-h-48 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere"
      >
        {clean.slice(0, SHOWN)}
        {clean.length > SHOWN ? "…" : ""}
      </pre>
    </Dialog>
  );
}
