import type RFB from "@novnc/novnc";
import type { TRPCClient } from "@trpc/client";
import type { AppRouter } from "../../../server/trpc/app-router";
import { type Failure, readFailure } from "../../errors/read-failure";
import { connectionOf, type DesktopConnection } from "./desktop-connection";
import { onFirstFrame } from "./first-frame";
import { MeteredSocket } from "./metered-socket";

/** From asking for a ticket to a display that answers; the way over the agent has 10 s of its own. */
const CONNECT_TIMEOUT_MS = 20_000;

export type OpenScreen = () => Promise<{ readonly url: string; readonly mode: "control" | "view" }>;

export interface DesktopRequest {
  readonly client: TRPCClient<AppRouter>;
  readonly sessionId: string;
  readonly mode: "control" | "view";
  readonly reason: string | undefined;
  readonly screen: HTMLElement;
  /** Instead of a ticket for a signed-in person: a guest's. */
  readonly open?: OpenScreen | undefined;
  /** The session still starts: its display answers when it is there. */
  comingUp(): boolean;
}

export interface DesktopListener {
  ticket(): void;
  connected(connection: DesktopConnection): void;
  /** `seen`: a real picture was found, not only waited for. */
  painted(seen: boolean): void;
  clipboard(text: string): void;
  /** No ticket was to be had. */
  refused(failure: Failure): void;
  lost(why: string): void;
}

/**
 * One try at a desktop: a fresh ticket, the WebSocket, the display. Exactly one of `refused` and `lost` is called at its end, unless it
 * is stopped by the function that this returns.
 */
export function connectDesktop(request: DesktopRequest, listener: DesktopListener): () => void {
  let stopped = false;
  let rfb: RFB | null = null;
  let connected: DesktopConnection | null = null;
  let stopLooking = () => {};
  const end = () => {
    stopped = true;
    clearTimeout(watchdog);
    stopLooking();
    connected?.meter.stop();
    rfb?.disconnect();
  };
  const giveUp = () => {
    if (request.comingUp()) {
      watchdog = setTimeout(giveUp, CONNECT_TIMEOUT_MS);
      return;
    }
    end();
    listener.lost("The display did not answer within 20 seconds.");
  };
  let watchdog = setTimeout(giveUp, CONNECT_TIMEOUT_MS);

  const run = async () => {
    // Both are on their way at once; the module is there at once from the second time on.
    const module = import("@novnc/novnc");
    module.catch(() => {});
    const ask =
      request.open ??
      (() => request.client.sessions.openViewer.mutate({ id: request.sessionId, mode: request.mode, reason: request.reason }));
    const opened = await ask().catch((error: unknown) => {
      clearTimeout(watchdog);
      if (!stopped) listener.refused(readFailure(error));
      return null;
    });
    if (stopped || !opened) return;
    const { default: Rfb } = await module;
    if (stopped) return;
    listener.ticket();
    const socket = new MeteredSocket(socketUrl(opened.url));
    rfb = new Rfb(request.screen, socket, { shared: true, showDotCursor: true });
    rfb.background = "transparent";
    rfb.viewOnly = opened.mode === "view";
    let whyLost = "The connection to the desktop broke.";
    const connection = rfb;
    rfb.addEventListener("connect", () => {
      if (stopped) return;
      connected = connectionOf(connection, socket, request.screen);
      listener.connected(connected);
      clearTimeout(watchdog);
      stopLooking = onFirstFrame(request.screen, (seen) => {
        if (!stopped) listener.painted(seen);
      });
    });
    rfb.addEventListener("clipboard", (event) => {
      if (!stopped) listener.clipboard(event.detail.text);
    });
    rfb.addEventListener("securityfailure", (event) => {
      whyLost = `The display refused the connection${event.detail.reason ? `: ${event.detail.reason}` : ""}.`;
    });
    rfb.addEventListener("credentialsrequired", () => {
      whyLost = "The display asks for a password of its own; displays of sessions must not have one.";
      connection.disconnect();
    });
    rfb.addEventListener("disconnect", () => {
      clearTimeout(watchdog);
      stopLooking();
      connected?.meter.stop();
      rfb = null;
      if (!stopped) listener.lost(whyLost);
    });
  };
  run().catch(() => {
    clearTimeout(watchdog);
    if (!stopped) listener.lost("The viewer could not be loaded.");
  });

  return end;
}

function socketUrl(path: string): string {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === "https:" || url.protocol === "wss:" ? "wss:" : "ws:";
  return url.href;
}
