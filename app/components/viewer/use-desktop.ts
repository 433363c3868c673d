"use client";
import type RFB from "@novnc/novnc";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { useTRPCClient } from "../../trpc/client";
import { connectDesktop, type OpenScreen } from "./connect-desktop";
import { firstViewerState, stepViewer } from "./viewer-machine";

export type Scaling = "fit" | "actual" | "resize";

interface UseDesktopOptions {
  sessionId: string;
  mode: "control" | "view";
  reason: string | undefined;
  scaling: Scaling;
  /** The session still starts: a viewer is there before the desktop, and what fails meanwhile is tried again once it runs. */
  comingUp: boolean;
  /** For guests, who have no login; it must stay the same function. */
  open?: OpenScreen | undefined;
}

/** The performance mark that benches wait for. */
export const FIRST_FRAME_MARK = "berth:first-frame";

/** Keeps a desktop connected in the element that `screenRef` is put on, for as long as it is mounted. */
export function useDesktop({ sessionId, mode, reason, scaling, comingUp, open }: UseDesktopOptions) {
  const client = useTRPCClient();
  const [state, dispatch] = useReducer(stepViewer, firstViewerState);
  const [screen, screenRef] = useState<HTMLElement | null>(null);
  const [rfb, setRfb] = useState<RFB | null>(null);
  const [clipboard, setClipboard] = useState("");
  const reported = useRef(false);
  const { attempt } = state;
  const stillComing = useRef(comingUp);
  useEffect(() => {
    if (stillComing.current && !comingUp) dispatch({ type: "retry" });
    stillComing.current = comingUp;
  }, [comingUp]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt is what this waits for
  useEffect(() => {
    if (!screen) return;
    const now = () => ({ now: Date.now(), jitter: Math.random() });
    const stop = connectDesktop(
      { client, sessionId, mode, reason, screen, open, comingUp: () => stillComing.current },
      {
        ticket: () => dispatch({ type: "ticket" }),
        connected: (connection) => {
          setRfb(connection);
          dispatch({ type: "connected" });
        },
        painted: (seen) => {
          dispatch({ type: "painted" });
          if (!seen || reported.current || open) return;
          reported.current = true;
          performance.mark(FIRST_FRAME_MARK);
          client.sessions.reportFirstFrame.mutate({ id: sessionId }).catch(() => {});
        },
        clipboard: setClipboard,
        refused: (failure) => dispatch({ type: "refused", failure, ...now() }),
        lost: (why) => {
          setRfb(null);
          dispatch({ type: "lost", why, ...now() });
        },
      },
    );
    return () => {
      stop();
      setRfb(null);
    };
  }, [client, sessionId, mode, reason, screen, open, attempt]);

  const retryAt = state.name === "waiting" ? state.retryAt : null;
  useEffect(() => {
    if (retryAt === null) return;
    const timer = setTimeout(() => dispatch({ type: "retry" }), Math.max(0, retryAt - Date.now()));
    const online = () => dispatch({ type: "retry" });
    window.addEventListener("online", online);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("online", online);
    };
  }, [retryAt]);

  useEffect(() => {
    if (!rfb) return;
    rfb.scaleViewport = scaling !== "actual";
    rfb.resizeSession = scaling === "resize" && mode === "control";
    rfb.clipViewport = scaling === "actual";
    rfb.dragViewport = false;
  }, [rfb, scaling, mode]);

  useEffect(() => {
    if (state.name === "painted") rfb?.focus({ preventScroll: true });
  }, [rfb, state.name]);

  return {
    state,
    screenRef,
    /** Null while it isn't connected. */
    rfb,
    /** What was last copied inside the desktop. */
    clipboard,
    retryNow: useCallback(() => dispatch({ type: "retry" }), []),
  };
}
