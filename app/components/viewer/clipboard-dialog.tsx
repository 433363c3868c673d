"use client";
import type RFB from "@novnc/novnc";
import { Send } from "lucide-react";
import { useState } from "react";
import { Button } from "../controls/button";
import { Dialog } from "../controls/dialog";
import { TextAreaField } from "../controls/field";
import { useCopy } from "../data/copy-text";

interface ClipboardDialogProps {
  rfb: RFB;
  received: string;
  canSend: boolean;
  onClose: () => void;
}

/** Text in and out of the desktop by hand: works wherever the browser gives no access to the clipboard. */
export function ClipboardDialog({ rfb, received, canSend, onClose }: ClipboardDialogProps) {
  const [text, setText] = useState("");
  const [sent, setSent] = useState(false);
  const { copied, copy } = useCopy(received);
  return (
    <Dialog open onClose={onClose} title="Clipboard" wide>
      <TextAreaField
        label="To the desktop"
        rows={4}
        value={text}
        disabled={!canSend}
        onChange={(event) => {
          setText(event.target.value);
          setSent(false);
        }}
        hint={canSend ? "Paste text here and send it; then paste it inside the desktop." : "You are looking on only."}
      />
      <div className="flex items-center gap-3">
        <Button
          look="primary"
          size="small"
          disabled={!canSend || text === ""}
          icon={<Send aria-hidden className="size-3.5" />}
          onClick={() => {
            rfb.clipboardPasteFrom(text);
            setSent(true);
          }}
        >
          Send to the desktop
        </Button>
        <output className="text-sm text-ink-soft">{sent ? "Sent: it can be pasted there now." : ""}</output>
      </div>
      <TextAreaField
        label="From the desktop"
        rows={4}
        value={received}
        readOnly
        hint={received ? undefined : "What is copied inside the desktop appears here."}
      />
      <div>
        <Button size="small" disabled={received === ""} onClick={copy}>
          {copied ? "Copied" : "Copy"}
        </Button>
      </div>
    </Dialog>
  );
}
