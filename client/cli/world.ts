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
  /** Asks a person; without echo where it is secret. Throws `UsageError` where nobody is there. */
  ask(question: string, options?: { readonly secret?: boolean }): Promise<string>;
  /** Throws where no browser can be opened. */
  openBrowser(url: string): Promise<void>;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}
