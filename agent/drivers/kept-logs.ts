/**
 * What ended containers printed, for a while: `<folder>/<session>/<when it was kept>-<container>.jsonl`, a line of JSON each, for the agent's
 * user alone. Bounded in days, and in bytes of each session and of all.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type LogLine, logFrameSchema } from "@berth/protocol/tunnel";
import type { Clock, Timer } from "../clock";
import type { Log } from "../log";
import type { LogRequest } from "./driver";
import { isWanted } from "./wanted-lines";

export const LOG_RETENTION_DAYS = 7;
/** Of one container, the end of what it printed; and of a session's containers together. */
const MAX_SESSION_BYTES = 4 * 1024 * 1024;
const MAX_BYTES = 1024 * 1024 * 1024;
const SWEEP_MS = 3_600_000;
const DAY_MS = 86_400_000;
const SAFE_ID = /^[A-Za-z0-9-]{1,100}$/;
const FILE = /^(\d{15})-([0-9a-f]{1,64})\.jsonl$/;

interface KeptFile {
  readonly path: string;
  readonly keptAt: number;
  readonly containerId: string;
}

export interface KeptLogsOptions {
  /** 0 keeps none. */
  readonly days: number;
  readonly clock: Clock;
  readonly log: Log;
}

export class KeptLogs {
  readonly #folder: string;
  readonly #options: KeptLogsOptions;
  #sweeping: Timer | null = null;
  /** What changes the folder goes one after the other: a sweep must not take what is just being written for something left behind. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, options: KeptLogsOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  static async open(folder: string, options: KeptLogsOptions): Promise<KeptLogs> {
    const kept = new KeptLogs(folder, options);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const sweep = () => kept.sweep().catch((error: unknown) => options.log.warn({ err: error }, "kept logs could not be swept"));
    await sweep();
    kept.#sweeping = options.clock.every(SWEEP_MS, () => void sweep());
    return kept;
  }

  get keeps(): boolean {
    return this.#options.days > 0;
  }

  close(): void {
    this.#sweeping?.cancel();
  }

  /** The last of these lines, with `end` after them. Whole or not at all. */
  async keep(sessionId: string, containerId: string, lines: AsyncIterable<LogLine>, end: string): Promise<void> {
    if (!this.keeps || !SAFE_ID.test(sessionId)) return;
    const now = this.#options.clock.now();
    const marker = frame({ at: now.toISOString(), text: end, stream: "berth" });
    const texts = await lastOf(lines, MAX_SESSION_BYTES - marker.length);
    await this.#inTurn(async () => {
      const folder = join(this.#folder, sessionId);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, `${String(now.getTime()).padStart(15, "0")}-${containerId}.jsonl`);
      await writeFile(`${path}.new`, [...texts, marker].join(""), { mode: 0o600 });
      await rename(`${path}.new`, path);
      await this.#bound(sessionId);
    });
  }

  /** Oldest first, without the one of a container that is still there. */
  async of(sessionId: string, except?: string): Promise<readonly KeptFile[]> {
    if (!SAFE_ID.test(sessionId)) return [];
    const names = await readdir(join(this.#folder, sessionId)).catch(() => []);
    return names
      .flatMap((name) => {
        const [, keptAt, containerId] = FILE.exec(name) ?? [];
        if (keptAt === undefined || containerId === undefined || containerId === except) return [];
        return [{ path: join(this.#folder, sessionId, name), keptAt: Number(keptAt), containerId }];
      })
      .sort((a, b) => a.keptAt - b.keptAt);
  }

  /** The last `tail` lines of these that were asked for, oldest first; a file that went meanwhile is left out. */
  async read(files: readonly KeptFile[], { tail, ...which }: Pick<LogRequest, "tail" | "since" | "stream">): Promise<LogLine[]> {
    const wanted = isWanted(which);
    let found: LogLine[] = [];
    for (const { path } of [...files].reverse()) {
      if (found.length >= tail) break;
      const text = await readFile(path, "utf8").catch(() => "");
      found = [...text.split("\n").flatMap(readLine).filter(wanted), ...found];
    }
    return tail === 0 ? [] : found.slice(-tail);
  }

  /** Those that were kept longest ago first. */
  async sessions(): Promise<string[]> {
    const found: { readonly sessionId: string; readonly keptAt: number }[] = [];
    for (const sessionId of await readdir(this.#folder)) {
      const newest = (await this.of(sessionId)).at(-1);
      if (newest) found.push({ sessionId, keptAt: newest.keptAt });
    }
    return found.sort((a, b) => a.keptAt - b.keptAt).map(({ sessionId }) => sessionId);
  }

  async forget(sessionId: string): Promise<void> {
    if (SAFE_ID.test(sessionId)) await this.#inTurn(() => this.#remove(sessionId));
  }

  /** Removes what is older than the days, then the oldest where all are too much, and what a crash left half written. */
  sweep(): Promise<void> {
    return this.#inTurn(() => this.#sweep());
  }

  async #sweep(): Promise<void> {
    const before = this.#options.clock.now().getTime() - this.#options.days * DAY_MS;
    const left: (KeptFile & { readonly size: number })[] = [];
    for (const sessionId of await readdir(this.#folder)) {
      for (const file of await this.of(sessionId)) {
        if (file.keptAt < before || !this.keeps) await rm(file.path, { force: true });
        else left.push({ ...file, size: await sizeOf(file.path) });
      }
      const names = await readdir(join(this.#folder, sessionId)).catch(() => []);
      if (names.every((name) => !FILE.test(name))) await this.#remove(sessionId);
    }
    await removeOldest(left, MAX_BYTES);
  }

  #remove(sessionId: string): Promise<void> {
    return rm(join(this.#folder, sessionId), { recursive: true, force: true });
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #bound(sessionId: string): Promise<void> {
    const files = await Promise.all((await this.of(sessionId)).map(async (file) => ({ ...file, size: await sizeOf(file.path) })));
    await removeOldest(files, MAX_SESSION_BYTES);
  }
}

async function removeOldest(
  files: readonly { readonly path: string; readonly keptAt: number; readonly size: number }[],
  max: number,
): Promise<void> {
  let bytes = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size } of [...files].sort((a, b) => a.keptAt - b.keptAt)) {
    if (bytes <= max) return;
    await rm(path, { force: true });
    bytes -= size;
  }
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

const frame = (line: LogLine): string => `${JSON.stringify(line)}\n`;

/** The end of it, in so many bytes; never much more is held. */
async function lastOf(lines: AsyncIterable<LogLine>, maxBytes: number): Promise<string[]> {
  let texts: { readonly text: string; readonly bytes: number }[] = [];
  let bytes = 0;
  for await (const line of lines) {
    const text = frame(line);
    const size = Buffer.byteLength(text);
    texts.push({ text, bytes: size });
    bytes += size;
    if (bytes <= 2 * maxBytes) continue;
    ({ texts, bytes } = cut(texts, bytes, maxBytes));
  }
  return cut(texts, bytes, maxBytes).texts.map(({ text }) => text);
}

function cut(texts: { readonly text: string; readonly bytes: number }[], all: number, maxBytes: number) {
  let from = 0;
  let bytes = all;
  while (bytes > maxBytes) bytes -= texts[from++]?.bytes ?? bytes;
  return { texts: texts.slice(from), bytes };
}

/** None of a line that is damaged. */
function readLine(text: string): LogLine[] {
  if (text === "") return [];
  try {
    const read = logFrameSchema.safeParse(JSON.parse(text));
    return read.success && "text" in read.data ? [read.data] : [];
  } catch {
    return [];
  }
}
