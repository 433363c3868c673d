"use client";
import { Check, Copy } from "lucide-react";
import { Button } from "../controls/button";
import { useCopy } from "./copy-text";

/** Something to paste elsewhere, such as a command or a link: wraps instead of scrolling, and is copied as one line. */
export function CopyBox({ text, what }: { text: string; what: "command" | "link" | "token" | "secret" }) {
  const { copied, copy } = useCopy(text);
  return (
    <div className="flex flex-col gap-3 rounded-lg border border-line bg-sunken p-4">
      <code className="font-mono text-sm whitespace-pre-wrap break-all select-all">{text}</code>
      <div>
        <Button
          size="small"
          onClick={copy}
          icon={copied ? <Check aria-hidden className="size-3.5" /> : <Copy aria-hidden className="size-3.5" />}
        >
          {copied ? "Copied" : `Copy ${what}`}
        </Button>
      </div>
    </div>
  );
}
