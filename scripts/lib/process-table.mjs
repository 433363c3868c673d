/** Tells whether a process that was written down is still the same one: numbers are used again. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** A process's number and start time as one word; null when there is none. */
export function processMark(pid) {
  if (!existsSync("/proc/self/stat")) {
    const started = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).stdout?.trim();
    return started ? `${pid}@${started.replace(/\s+/g, "-")}` : null;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : `${pid}@${fields[19]}`;
  } catch {
    return null;
  }
}

/** Does the process of this mark live? */
export function markLives(mark) {
  const pid = Number.parseInt(mark, 10);
  return Number.isInteger(pid) && processMark(pid) === mark;
}

/** Sends a signal and waits for the end. Answers whether it ended within the time. */
export async function endProcess(pid, signal, patienceMs) {
  const mark = processMark(pid);
  if (mark === null) return true;
  try {
    process.kill(pid, signal);
  } catch {
    return !markLives(mark);
  }
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; ) {
    if (!markLives(mark)) return true;
    await new Promise((resume) => setTimeout(resume, 50));
  }
  return !markLives(mark);
}
