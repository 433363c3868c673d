"use client";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { PressButton } from "../controls/press-button";

interface CopyTextProps {
  text: string;
  /** What it says instead of the whole text: the first characters of an id. */
  shown?: string;
  /** What is copied, for the accessible name: "session id". */
  label: string;
}

/** An id or address, short, that is copied by a click. */
export function CopyText({ text, shown, label }: CopyTextProps) {
  const { copied, copy } = useCopy(text);
  return (
    <PressButton
      onClick={copy}
      title={text}
      aria-label={`Copy ${label} ${shown ?? text}`}
      className="group inline-flex max-w-full items-center gap-1 rounded px-1 font-mono text-xs text-ink-soft transition-colors duration-150 hover:bg-hover hover:text-ink"
    >
      <span className="truncate">{shown ?? text}</span>
      {copied ? (
        <Check aria-hidden className="size-3 shrink-0 text-running" />
      ) : (
        <Copy aria-hidden className="size-3 shrink-0 opacity-60 group-hover:opacity-100" />
      )}
      <span aria-live="polite" className="sr-only">
        {copied ? "Copied" : ""}
      </span>
    </PressButton>
  );
}

/** Copies, and says for two seconds that it did. Without clipboard access (plain http elsewhere than localhost) it falls back to a selection. */
export function useCopy(text: string): { copied: boolean; copy: () => void } {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => {
    copyToClipboard(text).then(setCopied, () => setCopied(false));
  };
  return { copied, copy };
}

async function copyToClipboard(text: string): Promise<boolean> {
  if (window.isSecureContext && navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
