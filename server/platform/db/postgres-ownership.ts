/** One process at a time owns an embedded database. What an owner that was killed left running is ended by the next one. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { commandLineOf, identifyProcess, type ProcessIdentity, processIdentitySchema, sameProcessLives } from "./process-identity";

const ownerFile = (folder: string) => join(folder, "owner.json");
const postmasterFile = (folder: string) => join(folder, "data", "postmaster.pid");

/**
 * Makes this process the owner. Throws when another one that lives owns it; ends the server of one that doesn't.
 * Answers whether there was such a left-over server.
 */
export async function takeOwnership(folder: string): Promise<{ endedLeftover: boolean; release: () => void }> {
  const self = identifyProcess(process.pid);
  if (!self) throw new Error("This process can't find itself in the process table");
  for (;;) {
    const owner = readOwner(folder);
    if (owner && sameProcessLives(owner) && owner.pid !== process.pid) {
      throw new Error(`The database in ${folder} is in use by process ${owner.pid}: stop that one first, or set another DATA_DIR`);
    }
    if (owner?.pid === process.pid && sameProcessLives(owner)) {
      throw new Error(`The database in ${folder} was started by this process already`);
    }
    rmSync(ownerFile(folder), { force: true });
    try {
      writeFileSync(ownerFile(folder), JSON.stringify(self), { flag: "wx", mode: 0o600 });
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
  const release = () => rmSync(ownerFile(folder), { force: true });
  try {
    return { endedLeftover: await endLeftoverPostmaster(folder), release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Is the owner that is written down, if any, a process that lives? */
export function ownerLives(folder: string): boolean {
  const owner = readOwner(folder);
  return owner !== null && sameProcessLives(owner);
}

/**
 * Ends a server whose owner is known to be dead: first as its shutdown command does (SIGINT, up to 20 s), then at once (SIGQUIT; its log
 * recovers it). Answers whether there was one. Call only as the owner, or when the owner doesn't live.
 */
export async function endLeftoverPostmaster(folder: string): Promise<boolean> {
  const pid = readPostmasterPid(folder);
  if (pid === null) return false;
  if (!isPostmasterOf(pid, folder)) {
    // The number belongs to another process now; PostgreSQL itself would refuse to start because of it.
    rmSync(postmasterFile(folder), { force: true });
    return false;
  }
  for (const [signal, patienceMs] of [
    ["SIGINT", 20_000],
    ["SIGQUIT", 10_000],
  ] as const) {
    process.kill(pid, signal);
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline) {
      if (identifyProcess(pid) === null) return true;
      await delay(20);
    }
  }
  throw new Error(`A PostgreSQL server left over from an earlier run (process ${pid}) doesn't end: end it and start again`);
}

function isPostmasterOf(pid: number, folder: string): boolean {
  return identifyProcess(pid) !== null && (commandLineOf(pid) ?? "").includes(join(folder, "data"));
}

function readOwner(folder: string): ProcessIdentity | null {
  try {
    return processIdentitySchema.parse(JSON.parse(readFileSync(ownerFile(folder), "utf8")));
  } catch {
    return null;
  }
}

function readPostmasterPid(folder: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(postmasterFile(folder), "utf8").split("\n")[0] ?? "", 10);
    return Number.isInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null;
  }
}
