/** How busy this machine is, in percent. CPU is since the last call. */
import { readFile, statfs } from "node:fs/promises";
import { cpus, freemem, totalmem } from "node:os";
import type { ResourceUsage } from "@berth/protocol/agent-messages";

export class HostUsage {
  readonly #disk: string;
  #last = cpuTimes();

  /** `disk`: a path on the disk that is told of. */
  constructor(disk: string) {
    this.#disk = disk;
  }

  async read(): Promise<ResourceUsage> {
    const now = cpuTimes();
    const total = now.total - this.#last.total;
    const idle = now.idle - this.#last.idle;
    this.#last = now;
    const disk = await this.#diskPercent();
    return {
      cpu: total > 0 ? round(100 * (1 - idle / total)) : 0,
      memory: round(100 * (1 - (await availableMemory()) / totalmem())),
      ...(disk === null ? {} : { disk }),
    };
  }

  async #diskPercent(): Promise<number | null> {
    try {
      const { blocks, bavail } = await statfs(this.#disk);
      return blocks > 0 ? round(100 * (1 - bavail / blocks)) : null;
    } catch {
      return null;
    }
  }
}

const round = (percent: number): number => Math.min(100, Math.max(0, Math.round(percent * 10) / 10));

function cpuTimes(): { total: number; idle: number } {
  let total = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    total += times.user + times.nice + times.sys + times.idle + times.irq;
    idle += times.idle;
  }
  return { total, idle };
}

/** What can be had without swapping; memory that caches files counts as free, where the kernel tells. */
async function availableMemory(): Promise<number> {
  const text = await readFile("/proc/meminfo", "utf8").catch(() => "");
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes ? Number(kilobytes) * 1024 : freemem();
}
