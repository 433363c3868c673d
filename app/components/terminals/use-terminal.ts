"use client";
import { useEffect, useRef, useState } from "react";
import { onThemeChosen } from "../../theme/use-theme";
import { useTRPCClient } from "../../trpc/client";
import { createEmulator, type Emulator } from "./create-emulator";
import { cleanPaste, type PasteConcern, pasteConcern } from "./paste-text";
import { TerminalConnection, type TerminalState } from "./terminal-connection";
import { terminalTheme } from "./terminal-theme";

export interface PendingPaste extends PasteConcern {
  readonly text: string;
}

interface TerminalInput {
  readonly sessionId: string;
  readonly terminalId: string;
  readonly reason: string | undefined;
  /** The keyboard is to go on elsewhere. */
  readonly onLeave: () => void;
  readonly onSearch: () => void;
}

const encoder = new TextEncoder();

/** An emulator in `box` that is attached to a terminal for as long as the component is there. */
export function useTerminal({ sessionId, terminalId, reason, onLeave, onSearch }: TerminalInput) {
  const client = useTRPCClient();
  const box = useRef<HTMLDivElement>(null);
  const [emulator, setEmulator] = useState<Emulator | null>(null);
  const [state, setState] = useState<TerminalState>({ kind: "connecting" });
  const [pending, setPending] = useState<PendingPaste | null>(null);
  const [refused, setRefused] = useState(false);
  const keys = useRef({ onLeave, onSearch });
  keys.current = { onLeave, onSearch };

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    /** Answers of the screen to what is shown again are no input. */
    let replaying = false;
    const type = (bytes: Uint8Array) => {
      if (!replaying) setRefused(!connection.type(bytes));
    };
    const made = createEmulator({
      element,
      onText: (text) => type(encoder.encode(text)),
      onBytes: (text) => type(Uint8Array.from(text, (character) => character.charCodeAt(0))),
      onKey: (event) => ours(event, made, keys.current),
    });
    const { terminal, fit } = made;
    const connection = new TerminalConnection({
      ticket: async () => (await client.terminals.openTicket.mutate({ id: sessionId, terminalId, ...(reason ? { reason } : {}) })).url,
      isThere: async () => (await client.terminals.list.query({ id: sessionId })).terminals.some(({ id }) => id === terminalId),
      screen: {
        write: (bytes, taken) => terminal.write(bytes, taken),
        begin: () => {
          replaying = true;
          terminal.write("", () => terminal.reset());
        },
        after: () =>
          terminal.write("", () => {
            replaying = false;
          }),
      },
      onState: setState,
    });
    const measure = () => {
      if (element.clientWidth === 0 || element.clientHeight === 0) return;
      fit.fit();
      connection.resize({ columns: Math.min(terminal.cols, 1000), rows: Math.min(terminal.rows, 1000) });
    };
    let frame = 0;
    const resized = new ResizeObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(measure);
    });
    resized.observe(element);
    measure();
    // It counts in the font's own cells: the page's is there once somebody asks for it.
    const { fontFamily } = getComputedStyle(element);
    let gone = false;
    void document.fonts.load(`13px ${fontFamily}`).then(() => {
      if (gone) return;
      terminal.options.fontFamily = fontFamily;
      measure();
    });
    const paint = () => {
      terminal.options.theme = terminalTheme(element);
    };
    const forget = onThemeChosen(() => requestAnimationFrame(paint));
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", paint);
    const paste = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      event.preventDefault();
      event.stopPropagation();
      const concern = pasteConcern(text);
      if (concern) setPending({ ...concern, text });
      else terminal.paste(text);
    };
    element.addEventListener("paste", paste, { capture: true });
    setEmulator(made);
    terminal.focus();
    return () => {
      gone = true;
      setEmulator(null);
      cancelAnimationFrame(frame);
      resized.disconnect();
      forget();
      system.removeEventListener("change", paint);
      element.removeEventListener("paste", paste, { capture: true });
      connection.close();
      terminal.dispose();
    };
  }, [client, sessionId, terminalId, reason]);

  const asked = useRef(false);
  useEffect(() => {
    // A dialog that nothing on the page opened leaves the keyboard to the page; while it is there, it keeps it to itself.
    if (asked.current && !pending) emulator?.terminal.focus();
    asked.current = pending !== null;
  }, [pending, emulator]);

  return {
    box,
    emulator,
    state,
    pending,
    /** What was typed or pasted last was too much at once. */
    refused,
    decidePaste(go: boolean) {
      if (go && pending) emulator?.terminal.paste(cleanPaste(pending.text));
      setPending(null);
    },
  };
}

function ours(event: KeyboardEvent, { terminal }: Emulator, { onLeave, onSearch }: Pick<TerminalInput, "onLeave" | "onSearch">): boolean {
  if (!event.ctrlKey || !event.shiftKey || event.altKey) return false;
  if (event.key === "ArrowUp") {
    onLeave();
    return true;
  }
  if (event.code === "KeyF") {
    onSearch();
    return true;
  }
  if (event.code !== "KeyC") return false;
  void navigator.clipboard?.writeText(terminal.getSelection()).catch(() => undefined);
  return true;
}
