"use client";
import { ExternalLink, Link2, Share2, X } from "lucide-react";
import type { Outputs } from "../../trpc/client";
import { Button, IconButton } from "../controls/button";
import { Badge } from "../data/badge";
import { CopyText, useCopy } from "../data/copy-text";

interface PortRowProps {
  port: Outputs["ports"]["list"]["ports"][number];
  session: Pick<Outputs["sessions"]["get"], "name">;
  running: boolean;
  opening: boolean;
  onOpen: () => void;
  /** Null: the asking person may not. */
  onShare: (() => void) | null;
  /** Null: it was not written down. */
  onForget: (() => void) | null;
}

/** One port: by whom it is used, and how one gets to it. */
export function PortRow({ port, session, running, opening, onOpen, onShare, onForget }: PortRowProps) {
  const { copied, copy } = useCopy(port.url);
  const command = `berth port-forward ${session.name} ${port.port}`;
  const web = port.kind === "http";
  return (
    <li aria-label={`Port ${port.port}`} className="flex flex-col gap-2 px-3 py-2.5">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="tabular font-medium">{port.port}</span>
        {port.name ? <span className="min-w-0 wrap-anywhere">{port.name}</span> : null}
        {port.process ? <code className="font-mono text-xs text-ink-soft wrap-anywhere">{port.process}</code> : null}
        {port.display ? <Badge>the session's display</Badge> : null}
        {port.listening === "loopback" ? (
          <Badge title="It listens on 127.0.0.1 only; Berth reaches it from inside the session">inside only</Badge>
        ) : null}
        {port.listening === null && running ? <Badge>nobody listens</Badge> : null}
        <span className="ml-auto flex items-center">
          {web ? (
            <IconButton label={copied ? "Copied" : `Copy the address of port ${port.port}`} onClick={copy}>
              <Link2 aria-hidden className="size-4" />
            </IconButton>
          ) : null}
          {web && onShare ? (
            <IconButton label={`Share port ${port.port}`} onClick={onShare}>
              <Share2 aria-hidden className="size-4" />
            </IconButton>
          ) : null}
          {onForget ? (
            <IconButton label={`Remove port ${port.port}`} onClick={onForget}>
              <X aria-hidden className="size-4" />
            </IconButton>
          ) : null}
          {web ? (
            <Button
              size="small"
              disabled={!running}
              busy={opening}
              onClick={onOpen}
              icon={<ExternalLink aria-hidden className="size-3.5" />}
            >
              Open<span className="sr-only"> port {port.port}</span>
            </Button>
          ) : null}
        </span>
      </div>
      {web ? null : (
        <div className="min-w-0">
          <CopyText text={command} shown={command} label="command" />
        </div>
      )}
    </li>
  );
}
