"use client";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import type { OpenScreen } from "./connect-desktop";
import { ConnectionOverlay } from "./connection-overlay";
import type { DesktopConnection } from "./desktop-connection";
import { useDesktop } from "./use-desktop";
import type { ViewerSettings } from "./viewer-settings";

export interface DesktopHandle {
  /** Null while it isn't connected. */
  readonly connection: DesktopConnection | null;
  readonly clipboard: string;
}

interface DesktopProps {
  sessionId: string;
  name: string;
  mode: "control" | "view";
  reason: string | undefined;
  settings: ViewerSettings;
  /** They control the desktop now. */
  leads: boolean;
  /** Shown over the desktop until its first frame: how the session came up. */
  beforeFirstFrame: ReactNode;
  /** While the session starts: what stands in front of a desktop that is not there yet. */
  curtain: ReactNode;
  /** How a guest's screen is opened; a signed-in person's by a ticket for the session. */
  open?: OpenScreen;
  /** Where the keys go to after Ctrl+Alt+Shift. */
  onLeave: () => void;
  /** Told whenever it connects, loses the connection, or something was copied inside it. */
  onHandle: (desktop: DesktopHandle) => void;
}

/**
 * The desktop itself. All keys are the desktop's while it has the focus; pressing and letting go Ctrl+Alt+Shift gives them back.
 * `data-viewer` has the state of the connection and `data-first-frame` appears with the first painted frame, for tests and benches.
 */
export function Desktop({
  sessionId,
  name,
  mode,
  reason,
  settings,
  leads,
  beforeFirstFrame,
  curtain,
  open,
  onLeave,
  onHandle,
}: DesktopProps) {
  const desktop = useDesktop({ sessionId, mode, reason, settings, leads, comingUp: curtain !== null, open });
  const { state } = desktop;
  const painted = useRef(false);
  if (state.name === "painted") painted.current = true;
  const leaving = useRef(false);
  const { connection, clipboard } = desktop;
  useEffect(() => {
    onHandle({ connection, clipboard });
    return () => onHandle({ connection: null, clipboard: "" });
  }, [connection, clipboard, onHandle]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey && event.altKey && event.shiftKey) leaving.current = ["Control", "Alt", "Shift", "Meta"].includes(event.key);
  };
  const onKeyUp = (event: KeyboardEvent) => {
    if (!leaving.current || event.ctrlKey || event.altKey || event.shiftKey) return;
    leaving.current = false;
    onLeave();
  };

  return (
    <div
      className="relative min-h-0 flex-1 bg-[#101012]"
      data-viewer={state.name}
      data-first-frame={painted.current ? "" : undefined}
      onKeyDownCapture={onKeyDown}
      onKeyUpCapture={onKeyUp}
    >
      <div
        ref={desktop.screenRef}
        role="application"
        aria-label={`Desktop of ${name}`}
        data-remote-keys=""
        className="absolute inset-0 overflow-hidden"
      />
      {curtain !== null && state.name !== "painted" ? (
        <div className="absolute inset-0 flex">{curtain}</div>
      ) : (
        <ConnectionOverlay state={state} wasPainted={painted.current} beforeFirstFrame={beforeFirstFrame} onRetry={desktop.retryNow} />
      )}
    </div>
  );
}
