"use client";
import { Check, Copy, Download } from "lucide-react";
import { Button } from "../controls/button";
import { useCopy } from "../data/copy-text";
import { Notice } from "../feedback/notice";

/** Shown once, right after they were made. */
export function RecoveryCodes({ codes, username }: { codes: readonly string[]; username: string }) {
  const text = codes.join("\n");
  const { copied, copy } = useCopy(text);
  const save = () => {
    const url = URL.createObjectURL(
      new Blob([`Berth recovery codes of ${username}; each works once\n\n${text}\n`], { type: "text/plain" }),
    );
    const link = Object.assign(document.createElement("a"), { href: url, download: `berth-recovery-codes-${username}.txt` });
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <div className="flex flex-col gap-4">
      <Notice tone="warning">
        Keep these where you find them without your phone. They are shown this once; each signs you in once in place of a code.
      </Notice>
      <ul
        aria-label="Recovery codes"
        className="grid grid-cols-1 gap-x-6 gap-y-1 rounded-lg border border-line bg-sunken p-4 font-mono sm:grid-cols-2"
      >
        {codes.map((code) => (
          <li key={code} className="select-all">
            {code}
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button
          size="small"
          onClick={copy}
          icon={copied ? <Check aria-hidden className="size-3.5" /> : <Copy aria-hidden className="size-3.5" />}
        >
          {copied ? "Copied" : "Copy all"}
        </Button>
        <Button size="small" onClick={save} icon={<Download aria-hidden className="size-3.5" />}>
          Save as a file
        </Button>
      </div>
    </div>
  );
}
