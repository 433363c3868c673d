"use client";
import { RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { BusyMark, Button } from "../controls/button";
import { useNow } from "../data/now";
import { FailureCodes } from "../feedback/failure-panel";
import type { ViewerState } from "./viewer-machine";

interface ConnectionOverlayProps {
  state: ViewerState;
  wasPainted: boolean;
  beforeFirstFrame: ReactNode;
  onRetry: () => void;
}

/** What stands over the desktop while it isn't there: the last picture stays behind it, so one sees what one comes back to. */
export function ConnectionOverlay({ state, wasPainted, beforeFirstFrame, onRetry }: ConnectionOverlayProps) {
  return (
    <div aria-live="polite">
      {state.name === "painted" ? (
        <span className="sr-only">Connected</span>
      ) : (
        <div className={`absolute inset-0 flex items-center justify-center overflow-y-auto p-4 ${wasPainted ? "bg-black/55" : ""}`}>
          <div className="flex w-full max-w-md flex-col gap-4 rounded-xl border border-line bg-raised p-5">
            {state.name === "waiting" ? (
              <Waiting retryAt={state.retryAt} why={state.why} failures={state.failures} onRetry={onRetry} />
            ) : state.name === "refused" ? (
              <>
                <div>
                  <h2 className="font-medium">This screen can’t be opened</h2>
                  <p className="mt-1 text-ink-soft wrap-anywhere">{state.failure.message}</p>
                  <FailureCodes code={state.failure.code} requestId={state.failure.requestId} />
                </div>
                <div>
                  <Button size="small" onClick={onRetry} icon={<RotateCw aria-hidden className="size-3.5" />}>
                    Try again
                  </Button>
                </div>
              </>
            ) : (
              <>
                <p className="flex items-center gap-2.5 font-medium">
                  <BusyMark />
                  {words[state.name]}
                </p>
                {wasPainted ? null : beforeFirstFrame}
              </>
            )}
          </div>
        </div>
      )}
    </div>
  );
}

const words = { opening: "Opening the screen…", connecting: "Connecting…", connected: "Waiting for the first picture…" } as const;

function Waiting({ retryAt, why, failures, onRetry }: { retryAt: number; why: string; failures: number; onRetry: () => void }) {
  useNow();
  const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
  return (
    <>
      <div>
        <h2 className="font-medium">Reconnecting</h2>
        <p className="mt-1 text-ink-soft wrap-anywhere">{why}</p>
        <p className="tabular mt-1 text-sm text-ink-faint" aria-live="off">
          {seconds > 0 ? `Next try in ${seconds} s` : "Trying now"}
          {failures > 1 ? ` · ${failures} tries so far` : ""}
        </p>
      </div>
      <div>
        <Button size="small" onClick={onRetry} icon={<RotateCw aria-hidden className="size-3.5" />}>
          Try now
        </Button>
      </div>
    </>
  );
}
