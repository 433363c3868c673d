/** One step of a check or a test run: a program whose output is shown, timed, and remembered as passed or failed. */
import { spawn } from "node:child_process";
import { interruptPresses } from "./interrupt-presses.mjs";
import { inRoot } from "./paths.mjs";
import { duration, say } from "./say.mjs";

const running = new Set();
let interrupted = false;
const pressed = interruptPresses();

// Ended with us, whole groups: a test runner has workers, and those have browsers.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    // The second time at once.
    if (pressed() > 1) process.exit(130);
    interrupted = true;
    for (const child of running) {
      try {
        process.kill(-child.pid, "SIGTERM");
      } catch {
        // It ended meanwhile.
      }
    }
  });
}

/** Runs a program with its output shown, or with `quiet` only when it fails. Answers its exit code; 1 when a signal ended it. */
export function runProgram(command, args, { env = {}, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: inRoot(),
      env: { ...process.env, ...env },
      detached: true,
      stdio: ["ignore", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
    });
    running.add(child);
    let words = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (part) => {
        words += part;
      });
    }
    const end = (code) => {
      running.delete(child);
      if (code !== 0 && quiet) say.plain(words.trim());
      resolve(code ?? 1);
    };
    child.once("error", (error) => {
      words += error.message;
      end(1);
    });
    child.once("close", end);
  });
}

/** Runs steps one after another, all of them even when one fails; none any more after Ctrl-C. `run` answers true for passed. */
export async function runSteps(steps) {
  const results = [];
  for (const { name, run } of steps) {
    if (interrupted) {
      results.push({ name, passed: false, took: 0 });
      continue;
    }
    const started = Date.now();
    let passed = false;
    try {
      passed = await run();
    } catch (error) {
      say.failed(`${name}: ${error?.message ?? error}`);
    }
    const took = Date.now() - started;
    results.push({ name, passed, took });
    (passed ? say.done : say.failed)(`${name} (${duration(took)})`);
  }
  return results;
}
