"use client";
import { CircleAlert, Lock, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { readFailure } from "../../errors/read-failure";
import { Button } from "../controls/button";
import { CopyText } from "../data/copy-text";

interface FailurePanelProps {
  error: unknown;
  /** What could not be done: "The sessions could not be read". */
  title: string;
  onRetry?: () => void;
  busy?: boolean;
  children?: ReactNode;
}

/** What happened in words, the code, the request id for the log, and what to do. */
export function FailurePanel({ error, title, onRetry, busy = false, children }: FailurePanelProps) {
  const failure = readFailure(error);
  const forbidden = failure.code === "AUTH_INSUFFICIENT_PERMISSIONS";
  return (
    <div
      role="alert"
      className={`flex flex-col gap-3 rounded-lg border p-5 ${forbidden ? "border-line bg-surface" : "border-failed/40 bg-failed-soft"}`}
    >
      <div className="flex items-start gap-3">
        {forbidden ? (
          <Lock aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-soft" />
        ) : (
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-failed" />
        )}
        <div className="min-w-0">
          <h2 className="font-medium">{forbidden ? "Your role may not see this" : title}</h2>
          <p className="mt-0.5 text-ink wrap-anywhere">{failure.message}</p>
          {children}
          <FailureCodes code={failure.code} requestId={failure.requestId} />
        </div>
      </div>
      {onRetry && !forbidden ? (
        <div>
          <Button size="small" onClick={onRetry} busy={busy} icon={<RotateCw aria-hidden className="size-3.5" />}>
            Try again
          </Button>
        </div>
      ) : null}
    </div>
  );
}

export function FailureCodes({ code, requestId }: { code: string; requestId: string | null }) {
  return (
    <p className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-ink-soft">
      <span className="font-mono text-xs">{code}</span>
      {requestId ? (
        <span className="inline-flex items-center gap-1">
          Request <CopyText text={requestId} shown={requestId.slice(0, 8)} label="request id" />
        </span>
      ) : null}
    </p>
  );
}
