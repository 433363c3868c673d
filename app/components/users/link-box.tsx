"use client";
import { Check, Copy } from "lucide-react";
import { Button } from "../controls/button";
import { useCopy } from "../data/copy-text";
import { RelativeTime } from "../data/relative-time";
import { Notice } from "../feedback/notice";

/** A one-time link, shown this once. */
export function LinkBox({ url, expiresAt, username }: { url: string; expiresAt: string; username: string }) {
  const { copied, copy } = useCopy(url);
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warning">
        Berth sends no mail: pass this link on to {username} in a way that you trust. It is shown this once, works once, and runs out{" "}
        <RelativeTime at={expiresAt} />.
      </Notice>
      <div className="flex flex-col gap-3 rounded-lg border border-line bg-sunken p-4">
        <code className="font-mono text-sm break-all select-all">{url}</code>
        <div>
          <Button
            size="small"
            onClick={copy}
            icon={copied ? <Check aria-hidden className="size-3.5" /> : <Copy aria-hidden className="size-3.5" />}
          >
            {copied ? "Copied" : "Copy link"}
          </Button>
        </div>
      </div>
    </div>
  );
}
