"use client";
import { CircleAlert, CircleCheck, X } from "lucide-react";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";
import { readFailure } from "../../errors/read-failure";
import { IconButton } from "../controls/button";
import { FailureCodes } from "./failure-panel";

interface Toast {
  readonly id: number;
  readonly tone: "done" | "failed";
  readonly title: string;
  readonly body?: ReactNode;
}

interface Toasts {
  /** Something happened that this page does not show. */
  done: (title: string, body?: ReactNode) => void;
  /** Something that was asked for did not happen. Stays until it is closed. */
  failed: (title: string, error: unknown) => void;
}

const ToastContext = createContext<Toasts | null>(null);
const DONE_STAYS_MS = 6000;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const nextId = useRef(1);
  const close = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const value = useMemo<Toasts>(() => {
    const add = (toast: Omit<Toast, "id">) => {
      const id = nextId.current++;
      setToasts((all) => [...all.slice(-3), { ...toast, id }]);
      return id;
    };
    return {
      done: (title, body) => {
        const id = add({ tone: "done", title, body });
        setTimeout(() => close(id), DONE_STAYS_MS);
      },
      failed: (title, error) => {
        const failure = readFailure(error);
        const body = (
          <>
            <p className="wrap-anywhere">{failure.message}</p>
            <FailureCodes code={failure.code} requestId={failure.requestId} />
          </>
        );
        add({ tone: "failed", title, body });
      },
    };
  }, [close]);
  return (
    <ToastContext value={value}>
      {children}
      <section
        aria-label="Notifications"
        aria-live="polite"
        className="pointer-events-none fixed inset-x-0 bottom-16 z-60 flex flex-col items-center gap-2 px-4 md:right-4 md:bottom-4 md:left-auto md:items-end"
      >
        {toasts.map((toast) => (
          <div
            key={toast.id}
            className="pointer-events-auto flex w-full max-w-sm animate-appear items-start gap-3 rounded-lg border border-line bg-raised p-3 shadow-lg shadow-black/10"
          >
            {toast.tone === "done" ? (
              <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-running" />
            ) : (
              <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-failed" />
            )}
            <div className="min-w-0 flex-1">
              <p className="font-medium wrap-anywhere">{toast.title}</p>
              {toast.body ? <div className="mt-0.5 text-sm text-ink-soft">{toast.body}</div> : null}
            </div>
            <IconButton label="Dismiss" onClick={() => close(toast.id)} className="-m-1">
              <X aria-hidden className="size-4" />
            </IconButton>
          </div>
        ))}
      </section>
    </ToastContext>
  );
}

/** Null on a page that has none. */
export const useToastsIfAny = (): Toasts | null => useContext(ToastContext);

export function useToasts(): Toasts {
  const toasts = useContext(ToastContext);
  if (!toasts) throw new Error("useToasts needs a ToastProvider above it");
  return toasts;
}
