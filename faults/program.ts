/** A program of the product as a process, to be ended without a word and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

export const root = process.env.BERTH_ROOT ?? resolve(import.meta.dirname, "..");
const watchdog = pathToFileURL(join(root, "scripts/lib/end-with-parent.mjs")).href;

export class Program {
  #child: ChildProcess | null = null;

  constructor(
    readonly logFile: string,
    private readonly args: readonly string[],
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  get runs(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(): void {
    const log = openSync(this.logFile, "a");
    this.#child = spawn(process.execPath, ["--import", watchdog, ...this.args], {
      cwd: root,
      env: { ...process.env, BERTH_END_WITH_PARENT: String(process.pid), ...this.env },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
  }

  /** Resolves when it is gone. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (!this.runs || !this.#child) return;
    const ended = this.ended();
    this.#child.kill(signal);
    const impatience = setTimeout(() => this.#child?.kill("SIGKILL"), 20_000);
    await ended;
    clearTimeout(impatience);
  }

  async ended(): Promise<void> {
    if (this.runs && this.#child) await once(this.#child, "exit");
  }
}
