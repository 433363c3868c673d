"use client";
import type RFB from "@novnc/novnc";
import { ClipboardPaste, Send } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "../controls/button";
import { CheckField } from "../controls/check-field";
import { Dialog } from "../controls/dialog";
import { TextAreaField } from "../controls/field";
import { useCopy } from "../data/copy-text";
import { accessWords, type ClipboardAccess, readClipboard, watchClipboardAccess } from "./browser-clipboard";

export interface ClipboardRules {
  /** They control the desktop. */
  readonly canType: boolean;
  /** The session's policy. */
  readonly inAllowed: boolean;
  readonly outAllowed: boolean;
}

interface ClipboardDialogProps {
  rfb: RFB;
  received: string;
  rules: ClipboardRules;
  shared: boolean;
  onShared: (shared: boolean) => void;
  onClose: () => void;
}

function sendHint({ canType, inAllowed }: ClipboardRules): string {
  if (!inAllowed) return "This session lets no text in from outside.";
  if (!canType) return "You are looking on only.";
  return "Paste text here and send it; then paste it inside the desktop.";
}

/** Text in and out of the desktop by hand: works wherever the browser gives no access to the clipboard. */
export function ClipboardDialog({ rfb, received, rules, shared, onShared, onClose }: ClipboardDialogProps) {
  const [text, setText] = useState("");
  const [said, setSaid] = useState("");
  const [access, setAccess] = useState<ClipboardAccess>("unknown");
  const { copied, copy } = useCopy(received);
  useEffect(() => watchClipboardAccess(setAccess), []);
  const canSend = rules.canType && rules.inAllowed;
  const send = (words: string) => {
    rfb.clipboardPasteFrom(words);
    setSaid("Sent: it can be pasted there now.");
  };
  const pasteOwn = async () => {
    const own = await readClipboard();
    if (own === null) return setSaid("Your browser gave no text.");
    setText(own);
    send(own);
  };
  return (
    <Dialog open onClose={onClose} title="Clipboard" wide>
      <TextAreaField
        label="To the desktop"
        rows={4}
        value={text}
        disabled={!canSend}
        onChange={(event) => {
          setText(event.target.value);
          setSaid("");
        }}
        hint={sendHint(rules)}
      />
      <div className="flex flex-wrap items-center gap-2">
        <Button
          look="primary"
          size="small"
          disabled={!canSend || text === ""}
          icon={<Send aria-hidden className="size-3.5" />}
          onClick={() => send(text)}
        >
          Send to the desktop
        </Button>
        {canSend && access !== "missing" && access !== "denied" ? (
          <Button size="small" icon={<ClipboardPaste aria-hidden className="size-3.5" />} onClick={() => void pasteOwn()}>
            Send my clipboard
          </Button>
        ) : null}
        <output className="text-sm text-ink-soft">{said}</output>
      </div>
      <TextAreaField
        label="From the desktop"
        rows={4}
        value={received}
        readOnly
        hint={
          rules.outAllowed
            ? received
              ? undefined
              : "What is copied inside the desktop appears here."
            : "This session lets no text out: what is copied there stays there."
        }
      />
      <div>
        <Button size="small" disabled={received === ""} onClick={copy}>
          {copied ? "Copied" : "Copy"}
        </Button>
      </div>
      {rules.inAllowed || rules.outAllowed ? (
        <CheckField
          label="Use one clipboard here and there"
          hint={`Each time you come back to the desktop it gets what you copied elsewhere, and the other way round. ${accessWords[access]}`}
          checked={shared && access !== "missing"}
          onChange={(checked) => {
            onShared(checked);
            // The browser asks in the click.
            if (checked && access === "prompt") void readClipboard();
          }}
        />
      ) : null}
    </Dialog>
  );
}
