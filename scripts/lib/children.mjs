/** Programs that a script runs: ended in reverse order, whatever ends the script. */
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { interruptPresses } from "./interrupt-presses.mjs";
import { inRoot } from "./paths.mjs";

const watchdog = pathToFileURL(inRoot("scripts/lib/end-with-parent.mjs")).href;

/**
 * Starts a Node program in a session of its own (the terminal's Ctrl-C is ours to pass on) that ends by itself when we are killed. Its output
 * goes to a file, the one of the run before is kept beside it; `onLine` sees each line too.
 */
export function startNode({ name, args, env, logFile, onLine = () => {} }) {
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
  const log = createWriteStream(logFile, { mode: 0o600 });
  const child = spawn(process.execPath, ["--import", watchdog, ...args], {
    cwd: inRoot(),
    env: { ...process.env, ...env, BERTH_END_WITH_PARENT: String(process.pid) },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const recent = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      log.write(`${line}\n`);
      recent.push(line);
      if (recent.length > 20) recent.shift();
      onLine(line);
    });
  }
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ? `signal ${signal}` : `code ${code}`));
  });
  return {
    name,
    pid: child.pid,
    ended,
    recent,
    running: () => child.exitCode === null && child.signalCode === null,
    /** TERM, and KILL for its whole group after the patience is over. */
    async end(patienceMs = 30_000) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const impatience = setTimeout(() => {
        try {
          process.kill(-child.pid, "SIGKILL");
        } catch {
          // It ended meanwhile.
        }
      }, patienceMs);
      await ended;
      clearTimeout(impatience);
    },
  };
}

/** Calls `run` once: at Ctrl-C, TERM, HUP, or when the npm that started us is gone. A second Ctrl-C ends at once. */
export function onEnd(run) {
  let asked = false;
  const pressed = interruptPresses();
  const ask = (why) => {
    const press = pressed();
    if (asked) {
      if (why === "SIGINT" && press > 1) process.exit(130);
      return;
    }
    asked = true;
    clearInterval(watch);
    run(why);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => ask(signal));
  const parent = process.ppid;
  // Only npm's end is ours: a script started by hand may outlive its shell.
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event && process.ppid !== parent) ask("npm ended");
  }, 500);
  watch.unref();
}

/** The path of a program's log. */
export const logPath = (dataDir, name) => join(dataDir, "logs", `${name}.log`);
