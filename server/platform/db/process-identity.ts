/** Tells whether a process that wrote its number down is still the same one: numbers are used again. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";

export const processIdentitySchema = z.object({ pid: z.number().int().positive(), startedAt: z.string(), boot: z.string() });
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** Null: there is no such process. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const startedAt = existsSync("/proc/self/stat") ? startFromProc(pid) : fromPs(pid, "lstart");
  return startedAt === null ? null : { pid, startedAt, boot: bootId() };
}

export function sameProcessLives(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid);
  return now !== null && now.startedAt === identity.startedAt && now.boot === identity.boot;
}

/** Program and arguments as one text; null when there is no such process or it may not be looked at. */
export function commandLineOf(pid: number): string | null {
  if (!existsSync("/proc/self/stat")) return fromPs(pid, "command");
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return null;
  }
}

function startFromProc(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces: count from its end. State is the first field there, the start time the 20th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function fromPs(pid: number, column: string): string | null {
  try {
    return (
      execFileSync("ps", ["-o", `${column}=`, "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim() || null
    );
  } catch {
    return null;
  }
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
