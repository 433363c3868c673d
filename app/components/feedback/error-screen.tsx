"use client";
import { CircleAlert, RotateCw } from "lucide-react";
import { Button, ButtonLink } from "../controls/button";
import { CopyText } from "../data/copy-text";

/** What is left when a page itself broke. `digest` is the name under which the server's log has it. */
export function ErrorScreen({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const digest = error instanceof Error && "digest" in error && typeof error.digest === "string" ? error.digest : null;
  return (
    <div role="alert" className="mx-auto flex w-full max-w-md flex-1 flex-col justify-center gap-4 px-4 py-16">
      <CircleAlert aria-hidden className="size-6 text-failed" />
      <h1 className="text-xl font-semibold">This page broke</h1>
      <p className="text-ink-soft">
        The fault is ours, and nothing that runs was touched by it. Try again; if it comes back, the server’s log says more.
      </p>
      {digest ? (
        <p className="text-sm text-ink-soft">
          Error <CopyText text={digest} label="error digest" />
        </p>
      ) : null}
      <div className="flex flex-wrap gap-2">
        <Button look="primary" onClick={onRetry} icon={<RotateCw aria-hidden className="size-4" />}>
          Try again
        </Button>
        <ButtonLink href="/">Overview</ButtonLink>
      </div>
    </div>
  );
}
