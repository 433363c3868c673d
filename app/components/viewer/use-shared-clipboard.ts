"use client";
import { useEffect, useRef } from "react";
import { readClipboard, writeClipboard } from "./browser-clipboard";
import type { DesktopConnection } from "./desktop-connection";

interface SharedClipboardOptions {
  readonly connection: DesktopConnection | null;
  /** The person wants it so. */
  readonly on: boolean;
  /** What was copied last inside the desktop. */
  readonly received: string;
  readonly mayPaste: boolean;
}

/**
 * What is copied on the person's computer is there in the desktop when they come back to it, and what is copied in the desktop is there on
 * the computer; as far as the browser allows. What the policy closes never gets here, nor past the agent.
 */
export function useSharedClipboard({ connection, on, received, mayPaste }: SharedClipboardOptions): void {
  const last = useRef("");
  useEffect(() => {
    if (!on || received === "" || received === last.current) return;
    last.current = received;
    void writeClipboard(received);
  }, [on, received]);

  useEffect(() => {
    if (!on || !mayPaste || !connection) return;
    const take = async () => {
      const text = await readClipboard();
      if (text === null || text === last.current) return;
      last.current = text;
      connection.rfb.clipboardPasteFrom(text);
    };
    const back = () => void take();
    window.addEventListener("focus", back);
    if (document.hasFocus()) back();
    return () => window.removeEventListener("focus", back);
  }, [on, mayPaste, connection]);
}
