"use client";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { useTRPCClient } from "../../trpc/client";
import { connectDesktop, type OpenScreen } from "./connect-desktop";
import type { DesktopConnection } from "./desktop-connection";
import { useDesktopSize } from "./use-desktop-size";
import { firstViewerState, stepViewer } from "./viewer-machine";
import type { ViewerSettings } from "./viewer-settings";

interface UseDesktopOptions {
  sessionId: string;
  mode: "control" | "view";
  reason: string | undefined;
  settings: ViewerSettings;
  /** They control the desktop now, and so say how large it is. */
  leads: boolean;
  /** The session still starts: a viewer is there before the desktop, and what fails meanwhile is tried again once it runs. */
  comingUp: boolean;
  /** For guests, who have no login; it must stay the same function. */
  open?: OpenScreen | undefined;
}

/** The performance mark that benches wait for. */
export const FIRST_FRAME_MARK = "berth:first-frame";

/** Keeps a desktop connected in the element that `screenRef` is put on, for as long as it is mounted. */
export function useDesktop({ sessionId, mode, reason, settings, leads, comingUp, open }: UseDesktopOptions) {
  const client = useTRPCClient();
  const [state, dispatch] = useReducer(stepViewer, firstViewerState);
  const [screen, screenRef] = useState<HTMLElement | null>(null);
  const [connection, setConnection] = useState<DesktopConnection | null>(null);
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
        connected: (made) => {
          setConnection(made);
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
          setConnection(null);
          dispatch({ type: "lost", why, ...now() });
        },
      },
    );
    return () => {
      stop();
      setConnection(null);
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

  useDesktopSize({ connection, screen, settings, leads });
  useEffect(() => connection?.quality.choose(settings.quality), [connection, settings.quality]);

  useEffect(() => {
    if (state.name === "painted") connection?.rfb.focus({ preventScroll: true });
  }, [connection, state.name]);

  return {
    state,
    screenRef,
    /** Null while it isn't connected. */
    connection,
    /** What was last copied inside the desktop. */
    clipboard,
    retryNow: useCallback(() => dispatch({ type: "retry" }), []),
  };
}
