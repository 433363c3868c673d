import { ownUsage } from "../measure/processes";

const EVERY_MS = 50;

export interface Sampled {
  readonly seconds: number;
  /** Resident memory at its most, beyond what it was before: by process. */
  readonly grewBytes: Readonly<Record<string, number>>;
  /** By process. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
}

/** How long something takes, and what it takes of the processes that are looked at meanwhile. */
export async function sampled(pids: Readonly<Record<string, number>>, work: () => Promise<unknown>): Promise<Sampled> {
  const before = usages(pids);
  const most = Object.fromEntries(before.map(({ name, residentBytes }) => [name, residentBytes]));
  const timer = setInterval(() => {
    for (const { name, residentBytes } of usages(pids)) most[name] = Math.max(most[name] ?? 0, residentBytes);
  }, EVERY_MS);
  const began = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const seconds = (performance.now() - began) / 1000;
  const after = usages(pids);
  return {
    seconds,
    grewBytes: Object.fromEntries(before.map(({ name, residentBytes }) => [name, (most[name] ?? 0) - residentBytes])),
    cpuSeconds: Object.fromEntries(before.map(({ name, cpuSeconds }, at) => [name, (after[at]?.cpuSeconds ?? 0) - cpuSeconds])),
  };
}

const usages = (pids: Readonly<Record<string, number>>) => Object.entries(pids).map(([name, pid]) => ({ name, ...ownUsage(pid) }));
