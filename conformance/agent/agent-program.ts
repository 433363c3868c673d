/** The agent under test as a process: started with the kit's address in its command line, ended with TERM. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ENDS_IN_MS = 10_000;
const KEPT_OUTPUT = 4000;

export interface AgentProgram {
  /** Starts it for this control plane; `words` stand in for `{name}` and the like. */
  start(words: Readonly<Record<string, string>>): Promise<void>;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
  /** The last of what it printed. */
  output(): string;
  /** It can be told whose certificates to believe. */
  readonly knowsAuthority: boolean;
}

/** Words of a command line; quotes keep spaces. No shell reads it. */
export function wordsOf(command: string): string[] {
  return (command.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => (/^(["']).*\1$/.test(word) ? word.slice(1, -1) : word));
}

/** `{url}`, `{name}`, `{token}`, `{ca-sha256}`, `{ca-file}` and `{dir}` (a folder that is kept while the name is) are filled in. */
export function commandProgram(command: string): AgentProgram & { clean(): Promise<void> } {
  let child: ChildProcess | null = null;
  let printed = "";
  const folders: string[] = [];
  const folderOf = new Map<string, string>();
  const keep = (part: Buffer) => {
    printed = `${printed}${part.toString("utf8")}`.slice(-KEPT_OUTPUT);
  };
  return {
    async start(words) {
      const name = words.name ?? "";
      const dir = folderOf.get(name) ?? (await mkdtemp(join(tmpdir(), "berth-conformance-")));
      if (!folderOf.has(name)) folders.push(dir);
      folderOf.set(name, dir);
      const authority = join(dir, "authority.pem");
      await writeFile(authority, words.authority ?? "");
      const filled = { ...words, dir, "ca-file": authority };
      const [program = "", ...rest] = wordsOf(command).map((word) => fillIn(word, filled));
      child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] });
      child.stdout?.on("data", keep);
      child.stderr?.on("data", keep);
      child.on("error", (error) => keep(Buffer.from(error.message)));
      await once(child, "spawn");
    },
    async stop() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const late = setTimeout(() => child?.kill("SIGKILL"), ENDS_IN_MS);
      await ended;
      clearTimeout(late);
    },
    output: () => printed,
    knowsAuthority: /\{ca-(?:sha256|file)\}/.test(command),
    async clean() {
      await Promise.all(folders.map((dir) => rm(dir, { recursive: true, force: true })));
    },
  };
}

const fillIn = (word: string, words: Readonly<Record<string, string>>): string =>
  word.replace(/\{([a-z0-9-]+)\}/g, (whole, name: string) => words[name] ?? whole);
