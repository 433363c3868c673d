"use client";
import { Check, Copy } from "lucide-react";
import { Button } from "../controls/button";
import { useCopy } from "../data/copy-text";

/** A command to paste: wraps instead of scrolling, and is copied as one line. */
export function CommandBox({ command }: { command: string }) {
  const { copied, copy } = useCopy(command);
  return (
    <div className="flex flex-col gap-3 rounded-lg border border-line bg-sunken p-4">
      <code className="font-mono text-sm whitespace-pre-wrap break-all select-all">{command}</code>
      <div>
        <Button
          size="small"
          onClick={copy}
          icon={copied ? <Check aria-hidden className="size-3.5" /> : <Copy aria-hidden className="size-3.5" />}
        >
          {copied ? "Copied" : "Copy command"}
        </Button>
      </div>
    </div>
  );
}
