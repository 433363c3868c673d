import type { Readable, Writable } from "node:stream";
import type { TerminalSize } from "@berth/protocol/terminal";

/** What a command has of the machine it runs on; tests give another. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the user's configuration is kept: `~/.config`. */
  readonly configDir: string;
  /** To stdout and stderr, newline not included. */
  out(text: string): void;
  err(text: string): void;
  /** stdout is a terminal: tables fit it, control characters of logs are shown and not carried out. */
  readonly terminal: { readonly columns: number } | null;
  /** For what is passed through as it is. `terminal` is there where both stdin and stdout are one; `raw` has keys come one by one and returns how to undo that. */
  readonly streams: {
    readonly stdin: Readable;
    readonly stdout: Writable;
    readonly stderr: Writable;
    readonly terminal: { size(): TerminalSize; onResize(changed: () => void): () => void; raw(): () => void } | null;
  };
  /** Asks a person; without echo where it is secret. Throws `UsageError` where nobody is there. */
  ask(question: string, options?: { readonly secret?: boolean }): Promise<string>;
  /** Throws where no browser can be opened. */
  openBrowser(url: string): Promise<void>;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}
