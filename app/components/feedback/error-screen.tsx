"use client";
import { buttonClass } from "../controls/button-class";
import { PressButton } from "../controls/press-button";

/**
 * What is left when a page itself broke. Every page loads it beforehand, so it is made of nothing. `digest` is the request's id where a
 * procedure failed (see `server-caller`), else Next's own name for the fault; the server's log has both.
 */
export function ErrorScreen({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const digest = error instanceof Error && "digest" in error && typeof error.digest === "string" ? error.digest : null;
  return (
    <div role="alert" className="mx-auto flex w-full max-w-md flex-1 flex-col justify-center gap-4 px-4 py-16">
      <svg
        aria-hidden="true"
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        className="size-6 text-failed"
      >
        <circle cx="12" cy="12" r="10" />
        <path d="M12 8v4m0 4h.01" />
      </svg>
      <h1 className="text-xl font-semibold">This page broke</h1>
      <p className="text-ink-soft">
        The fault is ours, and nothing that runs was touched by it. Try again; if it comes back, the server’s log says more.
      </p>
      {digest ? (
        <p className="text-sm text-ink-soft">
          {digest.startsWith("req-") ? "Request" : "Error"} <code className="font-mono text-xs wrap-anywhere select-all">{digest}</code>
        </p>
      ) : null}
      <div className="flex flex-wrap gap-2">
        <PressButton className={buttonClass("primary")} onClick={onRetry}>
          Try again
        </PressButton>
        {/* A whole new page: what broke may be what would otherwise fetch it. */}
        <a className={buttonClass()} href="/">
          Overview
        </a>
      </div>
    </div>
  );
}
