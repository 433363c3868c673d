import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Processes that wanted a core in the minute before the bench: beyond 0.5 the numbers are of a busy machine. */
  readonly loadBefore: number;
  /** Each program's own word for its version; null where it isn't installed. */
  readonly programs: Readonly<Record<string, string | null>>;
}

const versionCommands: Record<string, [string, ...string[]]> = {
  nginx: ["nginx", "-v"],
  websockify: ["dpkg-query", "-W", "websockify"],
  openssl: ["openssl", "version"],
  docker: ["docker", "version", "--format", "engine {{.Server.Version}}"],
  chromium: ["chromium", "--version"],
};

function versionOf([program, ...args]: [string, ...string[]]): string | null {
  try {
    // nginx answers on stderr, and a wrapper script may complain first.
    const said = execFileSync("sh", ["-c", '"$@" 2>&1', "sh", program, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return (
      said
        .split("\n")
        .find((line) => /\d\.\d/.test(line))
        ?.trim()
        .replaceAll("\t", " ") ?? null
    );
  } catch {
    return null;
  }
}

const loadBefore = Number((loadavg()[0] ?? 0).toFixed(1));

/** The machine that a result was measured on, as the result's reader needs it. */
export function describeMachine(programs: readonly string[]): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    loadBefore,
    programs: Object.fromEntries(programs.map((name) => [name, versionCommands[name] ? versionOf(versionCommands[name]) : null])),
  };
}

export const machineLine = (machine: Machine): string =>
  [
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB`,
    `Linux ${machine.kernel}`,
    `Node ${machine.node}`,
    `load average ${machine.loadBefore} before it began`,
    ...Object.values(machine.programs).filter((version) => version !== null),
  ].join(", ");
