import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const SAMPLE_MS = 100;
const QUIET_SAMPLES = 3;
/** Of all cores together. */
const QUIET_SHARE = 0.15;

/**
 * Resolves once the machine does nearly nothing, or after `limitMs` where it never does. The kernel takes a container's network apart for up
 * to a second after the container is gone; without a pause, what is measured next would pay for what was measured before.
 */
export async function machineSettled(limitMs = 4000): Promise<void> {
  const end = performance.now() + limitMs;
  let quiet = 0;
  let last = cpuTicks();
  while (quiet < QUIET_SAMPLES && performance.now() < end) {
    await delay(SAMPLE_MS);
    const now = cpuTicks();
    const busy = now.all === last.all ? 0 : 1 - (now.idle - last.idle) / (now.all - last.all);
    quiet = busy < QUIET_SHARE ? quiet + 1 : 0;
    last = now;
  }
}

/** `/proc/stat`, first line: user, nice, system, idle, iowait, irq, softirq, steal. */
function cpuTicks(): { readonly all: number; readonly idle: number } {
  const [first = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, iowait = 0] = ticks;
  return { all: ticks.reduce((sum, one) => sum + one, 0), idle: idle + iowait };
}
