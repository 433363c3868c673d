import { BerthError } from "@berth/protocol/errors";
import { parseCpu, parseMemory, required } from "@berth/protocol/quantities";
import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import { z } from "zod";
import type { ResizeRequest } from "../driver";
import { engineError } from "./engine-errors";

const statsSchema = z.object({ memory_stats: z.object({ usage: z.number().optional() }) });
const MIB = 2 ** 20;

/**
 * Gives a container that runs other limits; its processes go on. The engine keeps them over a stop. Throws SPEC_REFUSED for less memory
 * than it uses now: the kernel would end its processes.
 */
export async function changeLimits(
  docker: Docker,
  engine: string,
  found: ContainerInspectInfo,
  { resources }: ResizeRequest,
): Promise<void> {
  const memory = required(parseMemory(resources.memory), resources.memory);
  const container = docker.getContainer(found.Id);
  try {
    if (memory < (found.HostConfig.Memory ?? 0)) {
      const used = statsSchema.parse(await container.stats({ stream: false, "one-shot": true })).memory_stats.usage ?? 0;
      if (memory < used)
        throw new BerthError(
          "SPEC_REFUSED",
          `It uses ${Math.ceil(used / MIB)} MiB of memory now, and can't be given ${resources.memory} alone`,
        );
    }
    const cpu = required(parseCpu(resources.cpu), resources.cpu);
    // Both at once: swap as much as memory is none.
    await container.update({ Memory: memory, MemorySwap: memory, NanoCpus: cpu * 1_000_000 });
  } catch (error) {
    throw engineError(error, `change the limits of container ${found.Id.slice(0, 12)}`, engine);
  }
}
