/**
 * What was carried out: results by command id, and per session the highest generation and whether it was ended. Kept as JSON lines in the
 * data folder, so that a command that comes again after a restart is answered and not done again, and a start that was overtaken by its
 * session's end stays undone. Bounded: the oldest results are forgotten; the engine's labels then still say what is so.
 */
import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { Log } from "../log";

const entrySchema = z.object({
  command_id: z.string(),
  /** Which run of it, where the command said. */
  run: z.number().optional(),
  session_id: z.string().nullable(),
  generation: z.number().nullable(),
  ended: z.boolean(),
  status: z.enum(["completed", "failed"]),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.string().optional(),
  error_code: z.string().optional(),
});
export type JournalEntry = z.infer<typeof entrySchema>;

const KEPT_ENTRIES = 5000;

export class CommandJournal {
  readonly #path: string;
  readonly #log: Log;
  #entries = new Map<string, JournalEntry>();
  #ended = new Map<string, number>();
  #lines = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  static async open(path: string, log: Log): Promise<CommandJournal> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const journal = new CommandJournal(path, log);
    let text = "";
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
    for (const line of text.split("\n")) journal.#load(line);
    await journal.#compact();
    return journal;
  }

  /** Of this run alone: a command that is tried again has an id that is known and is to be done. */
  resultOf(commandId: string, run?: number): JournalEntry | undefined {
    return this.#entries.get(runKey(commandId, run));
  }

  /** The generation at which the session was ended here, if it was. */
  endedAt(sessionId: string): number | undefined {
    return this.#ended.get(sessionId);
  }

  /** Resolves when the line is in the file; a disk that takes no more is told of in the log and does not fail the command. */
  async record(entry: JournalEntry): Promise<void> {
    this.#keep(entry);
    this.#writing = this.#writing.then(async () => {
      try {
        await appendFile(this.#path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
        if (++this.#lines > 2 * KEPT_ENTRIES) await this.#compact();
      } catch (error) {
        this.#log.error({ err: error }, "the command journal could not be written");
      }
    });
    await this.#writing;
  }

  #keep(entry: JournalEntry): void {
    const key = runKey(entry.command_id, entry.run);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (entry.ended && entry.session_id !== null) {
      this.#ended.delete(entry.session_id);
      this.#ended.set(entry.session_id, entry.generation ?? 0);
    }
    forgetOldest(this.#entries);
    forgetOldest(this.#ended);
  }

  /** A line that was cut off by a crash is left out. */
  #load(line: string): void {
    if (!line) return;
    try {
      this.#keep(entrySchema.parse(JSON.parse(line)));
    } catch {
      this.#log.warn({ line: line.slice(0, 80) }, "a line of the command journal is broken and was left out");
    }
  }

  async #compact(): Promise<void> {
    const lines = [...this.#entries.values()].map((entry) => `${JSON.stringify(entry)}\n`);
    await writeFile(`${this.#path}.new`, lines.join(""), { mode: 0o600 });
    await rename(`${this.#path}.new`, this.#path);
    this.#lines = lines.length;
  }
}

/** Names one run of one command. */
export const runKey = (commandId: string, run: number | undefined): string => (run === undefined ? commandId : `${commandId} ${run}`);

function forgetOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    if (map.size <= KEPT_ENTRIES) return;
    map.delete(key);
  }
}
