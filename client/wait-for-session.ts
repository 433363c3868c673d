import type { TRPCClient } from "@trpc/client";
import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../server/trpc/app-router";
import { RequestError, WaitTimedOut } from "./request-error";

export type Session = inferRouterOutputs<AppRouter>["sessions"]["get"];

export interface SessionWish {
  readonly phase?: Session["status"]["phase"] | undefined;
  readonly state?: Session["state"] | undefined;
  /** Default two minutes. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Should an event get lost. */
const LOOK_AGAIN_MS = 10_000;
const TIMEOUT_MS = 120_000;

/**
 * Resolves with the session once it has the phase and the state that are asked for. Looks when the control plane says that it changed. Throws `RequestError`
 * with the session's own code and words when it failed or ended instead, `WaitTimedOut`, the signal's reason, and what reading it throws.
 */
export function waitForSession(api: TRPCClient<AppRouter>, id: string, wish: SessionWish): Promise<Session> {
  const { phase, state, timeoutMs = TIMEOUT_MS, signal } = wish;
  const wanted = [phase, state].filter(Boolean).join(", ");
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    let last = "nothing was heard of it";
    let looking = false;
    let lookAgain = false;
    const settle = (finish: () => void) => {
      clearTimeout(late);
      clearInterval(slow);
      signal?.removeEventListener("abort", abort);
      subscription.unsubscribe();
      finish();
    };
    const abort = () => settle(() => reject(signal?.reason));
    const late = setTimeout(
      () => settle(() => reject(new WaitTimedOut(`Session ${id} was not ${wanted} within ${timeoutMs / 1000} s: ${last}`, last))),
      timeoutMs,
    );
    const look = async () => {
      if (looking) {
        lookAgain = true;
        return;
      }
      looking = true;
      try {
        do {
          lookAgain = false;
          const session = await api.sessions.get.query({ id });
          last = `${session.status.phase}, ${session.status.message}`;
          if ((!phase || session.status.phase === phase) && (!state || session.state === state)) return settle(() => resolve(session));
          const problem = hopeless(session, wish);
          if (problem) return settle(() => reject(problem));
        } while (lookAgain);
      } catch (error) {
        settle(() => reject(error));
      } finally {
        looking = false;
      }
    };
    const slow = setInterval(() => void look(), LOOK_AGAIN_MS);
    const subscription = api.live.events.subscribe(undefined, {
      onData: ({ data: event }) => {
        if (event.kind === "resync" || (event.kind === "session" && event.id === id)) void look();
      },
      // It is opened again by itself; meanwhile the slow look is enough.
      onError: () => {},
    });
    signal?.addEventListener("abort", abort, { once: true });
    void look();
  });
}

/** It will not get there by itself. */
function hopeless(session: Session, { phase, state }: SessionWish): RequestError | null {
  const { phase: now, message, code } = session.status;
  const failed = now === "Failed" && phase !== "Failed";
  const over = now === "Terminated" && phase !== "Terminated" && state !== "terminated";
  if (!failed && !over) return null;
  const error = code ?? (failed ? "SESSION_PROVISIONING_FAILED" : "SESSION_NOT_RUNNING");
  return new RequestError(error, `'${session.name}' is ${now.toLowerCase()}: ${message}`);
}
