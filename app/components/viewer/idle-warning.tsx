"use client";
import { parseDuration } from "@berth/protocol/quantity-text";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { durationWords } from "../../format/quantity";
import { useTRPC } from "../../trpc/client";
import { Button } from "../controls/button";
import { useNow } from "../data/now";
import { useToasts } from "../feedback/toasts";
import { countdownWords, idleLeft } from "./idle-countdown";

interface IdleWarningProps {
  session: { readonly id: string; readonly idleAt: string | null; readonly idleTimeout: string };
  /** They may use the desktop, not only see it. */
  mayStay: boolean;
  /** What is pressed and moved in the desktop inside of this element counts; null where nothing here does. */
  desktop: HTMLElement | null;
}

const ASK_EVERY_MS = 10_000;
const inputs = ["keydown", "pointerdown", "pointermove", "wheel"] as const;

/** Says when an unused session is about to be hibernated. Any input keeps it; the button is for who only reads what it shows. */
export function IdleWarning({ session, mayStay, desktop }: IdleWarningProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const toasts = useToasts();
  const now = useNow(session.idleAt !== null);
  const lastInput = useLastInput(desktop);
  const left = idleLeft({
    idleAt: session.idleAt === null ? null : Date.parse(session.idleAt),
    idleTimeoutMs: (parseDuration(session.idleTimeout) ?? 0) * 1_000,
    lastInput,
    now,
  });
  const near = left !== null;
  const [checked, setChecked] = useState(false);
  const { id } = session;
  useEffect(() => {
    if (!near) return;
    // Others may have typed since this was read.
    const ask = () => queryClient.invalidateQueries(trpc.sessions.get.queryFilter({ id })).then(() => setChecked(true));
    void ask();
    const timer = setInterval(() => void ask(), ASK_EVERY_MS);
    return () => {
      clearInterval(timer);
      setChecked(false);
    };
  }, [near, id, queryClient, trpc]);
  const stay = useMutation(
    trpc.sessions.stay.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.sessions.get.queryFilter({ id })),
      onError: (error) => toasts.failed("It could not be kept running", error),
    }),
  );
  if (left === null || !checked) return null;
  return (
    <div className="absolute inset-x-0 top-8 z-10 flex justify-center px-3">
      <div className="flex max-w-full animate-appear flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border border-line bg-raised px-4 py-2.5 shadow-lg shadow-black/10">
        <p className="min-w-0">
          <span role="status">Not used for a while: it hibernates {left === 0 ? "now" : "in"} </span>
          {left === 0 ? null : <span className="tabular font-medium">{countdownWords(left)}</span>}
          <span className="block text-sm text-ink-soft">
            After {durationWords(session.idleTimeout)} without input. {mayStay ? "Type or move there, or say that you stay." : ""}
          </span>
        </p>
        {mayStay ? (
          <Button size="small" look="primary" busy={stay.isPending} onClick={() => stay.mutate({ id })}>
            Stay
          </Button>
        ) : null}
      </div>
    </div>
  );
}

/** On the server's clock, as of the last look at it. */
function useLastInput(desktop: HTMLElement | null): number | null {
  const now = useNow();
  const latest = useRef(now);
  latest.current = now;
  const [lastInput, setLastInput] = useState<number | null>(null);
  useEffect(() => {
    if (!desktop) return;
    const used = (event: Event) => {
      if (event.target instanceof Element && event.target.closest("[data-remote-keys]")) setLastInput(latest.current);
    };
    for (const input of inputs) desktop.addEventListener(input, used, { capture: true, passive: true });
    return () => {
      for (const input of inputs) desktop.removeEventListener(input, used, { capture: true });
    };
  }, [desktop]);
  return lastInput;
}
