/** What the kernel says of a process and its descendants. Linux only: reads /proc. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /** Of itself, and of the children that it has waited for. */
  readonly ticks: number;
}

let ticksPerSecond: number | undefined;
const clockTicks = (): number => {
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return ticksPerSecond;
};

/** The command name, in parentheses, may hold spaces and parentheses: count fields from its end. */
function parseStat(pid: number, text: string): ProcessRow {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (index: number): number => Number(fields[index]);
  return { pid, parent: field(1), ticks: field(11) + field(12) + field(13) + field(14) };
}

/** A process that ends while it is being read counts as gone. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function processTree(root: number): ProcessRow[] {
  const rows = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const text = readIfThere(`/proc/${name}/stat`);
      return text === null ? [] : [parseStat(Number(name), text)];
    });
  const tree = rows.filter((row) => row.pid === root);
  for (const member of tree) tree.push(...rows.filter((row) => row.parent === member.pid));
  return tree;
}

/** CPU seconds, user and system, that a process and all its descendants have used so far; 10 ms resolution. */
export function cpuSeconds(root: number): number {
  return processTree(root).reduce((sum, row) => sum + row.ticks, 0) / clockTicks();
}

/** Proportional set size of a process and all its descendants, in bytes: pages shared by n processes count 1/n each. */
export function memoryBytes(root: number): number {
  return processTree(root).reduce((sum, row) => {
    const rollup = readIfThere(`/proc/${row.pid}/smaps_rollup`);
    const kilobytes = rollup?.match(/^Pss:\s+(\d+) kB$/m)?.[1];
    return sum + Number(kilobytes ?? 0) * 1024;
  }, 0);
}

export interface Usage {
  /** User and system, so far. */
  readonly cpuSeconds: number;
  /** What it has in memory, shared pages in full. */
  readonly residentBytes: number;
}

/** Of one process without its descendants. Zeros once it has gone. */
export function ownUsage(pid: number): Usage {
  const stat = readIfThere(`/proc/${pid}/stat`);
  const resident = readIfThere(`/proc/${pid}/status`)?.match(/^VmRSS:\s+(\d+) kB$/m)?.[1];
  const [user = 0, system = 0] =
    stat === null
      ? []
      : stat
          .slice(stat.lastIndexOf(")") + 2)
          .split(" ")
          .slice(11, 13)
          .map(Number);
  return { cpuSeconds: (user + system) / clockTicks(), residentBytes: Number(resident ?? 0) * 1024 };
}
