"use client";
import "@xterm/xterm/css/xterm.css";
import { ChevronDown, ChevronUp, Copy, Search, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Button, IconButton } from "../controls/button";
import { type Emulator, offerLinks } from "./create-emulator";
import { PasteDialog } from "./paste-dialog";
import type { TerminalState } from "./terminal-connection";
import { useTerminal } from "./use-terminal";

interface TerminalViewProps {
  readonly sessionId: string;
  readonly terminalId: string;
  readonly reason: string | undefined;
  readonly label: string;
  readonly onLeave: () => void;
  readonly onNew: () => void;
}

/** One terminal that fills its place. */
export function TerminalView({ sessionId, terminalId, reason, label, onLeave, onNew }: TerminalViewProps) {
  const [searching, setSearching] = useState(false);
  const [links, setLinks] = useState(false);
  const { box, emulator, state, pending, refused, decidePaste } = useTerminal({
    sessionId,
    terminalId,
    reason,
    onLeave,
    onSearch: () => setSearching(true),
  });
  useEffect(() => {
    if (!links || !emulator) return;
    const offered = offerLinks(emulator);
    return () => void offered.then((addon) => addon.dispose());
  }, [links, emulator]);
  const endSearch = () => {
    setSearching(false);
    emulator?.search.clearDecorations();
    emulator?.terminal.focus();
  };
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {searching && emulator ? <SearchBar emulator={emulator} onClose={endSearch} /> : null}
      <section ref={box} aria-label={label} className="min-h-0 flex-1 overflow-hidden bg-surface py-1 pl-2 font-mono" />
      <Standing state={state} refused={refused} onNew={onNew} />
      <div className="flex shrink-0 flex-wrap items-center gap-x-3 border-t border-line px-3 py-0.5 text-xs text-ink-soft">
        <span className="hidden sm:inline">
          <kbd className="font-mono">Ctrl+Shift+↑</kbd> leaves the terminal
        </span>
        <label className="ml-auto flex items-center gap-1.5">
          <input type="checkbox" checked={links} onChange={(event) => setLinks(event.target.checked)} className="size-3.5 accent-accent" />
          Links
        </label>
        <span className="flex">
          <IconButton label="Search (Ctrl+Shift+F)" pressed={searching} onClick={() => (searching ? endSearch() : setSearching(true))}>
            <Search aria-hidden className="size-3.5" />
          </IconButton>
          <IconButton
            label="Copy what is selected (Ctrl+Shift+C)"
            onClick={() => void navigator.clipboard?.writeText(emulator?.terminal.getSelection() ?? "").catch(() => undefined)}
          >
            <Copy aria-hidden className="size-3.5" />
          </IconButton>
        </span>
      </div>
      {pending ? <PasteDialog pending={pending} onDecide={decidePaste} /> : null}
    </div>
  );
}

function SearchBar({ emulator: { search }, onClose }: { emulator: Emulator; onClose: () => void }) {
  const [text, setText] = useState("");
  const [found, setFound] = useState(true);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const find = (wanted: string, back: boolean) => setFound(wanted === "" || (back ? search.findPrevious(wanted) : search.findNext(wanted)));
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Escape") onClose();
    if (event.key === "Enter") find(text, !event.shiftKey);
  };
  return (
    <search className="flex shrink-0 items-center gap-1 border-b border-line px-3 py-1">
      <input
        ref={field}
        type="search"
        aria-label="Search this terminal"
        aria-invalid={!found}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          find(target.value, true);
        }}
        onKeyDown={keys}
        className="h-7 min-w-0 flex-1 rounded border border-line-strong bg-surface px-2 text-sm aria-invalid:border-failed"
      />
      <span role="status" className="text-xs text-ink-soft">
        {found ? "" : "Not found"}
      </span>
      <IconButton label="Earlier" onClick={() => find(text, true)}>
        <ChevronUp aria-hidden className="size-4" />
      </IconButton>
      <IconButton label="Later" onClick={() => find(text, false)}>
        <ChevronDown aria-hidden className="size-4" />
      </IconButton>
      <IconButton label="Close the search" onClick={onClose}>
        <X aria-hidden className="size-4" />
      </IconButton>
    </search>
  );
}

function Standing({ state, refused, onNew }: { state: TerminalState; refused: boolean; onNew: () => void }) {
  const text =
    state.kind === "connecting"
      ? "Connecting"
      : state.kind === "waiting"
        ? `${state.why}. Connecting again; the shell goes on meanwhile`
        : state.kind === "ended"
          ? state.why
          : refused
            ? "That was too much at once, and was not pasted"
            : "";
  return (
    <div
      className={`flex shrink-0 items-center justify-between gap-3 px-3 text-sm text-ink-soft ${text ? "border-t border-line py-1" : ""}`}
    >
      <span role="status" className={`wrap-anywhere ${state.kind === "connecting" ? "animate-dim-late" : ""}`}>
        {text}
      </span>
      {state.kind === "ended" ? (
        <Button size="small" onClick={onNew}>
          New terminal
        </Button>
      ) : null}
    </div>
  );
}
