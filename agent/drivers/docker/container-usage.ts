import type Docker from "dockerode";
import { z } from "zod";
import type { UsageReading } from "../driver";

const counter = z.number().min(0).catch(0);
/** What is used of an engine's answer, of either generation of control groups. */
const statsSchema = z.object({
  read: z.coerce.date(),
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number().min(0) }) }),
  memory_stats: z.object({
    usage: z.number().min(0).optional(),
    limit: z.number().min(0).optional(),
    stats: z.object({ total_inactive_file: counter.optional(), inactive_file: counter.optional() }).catch({}).default({}),
  }),
  pids_stats: z.object({ current: counter.default(0), limit: z.number().min(0).optional().catch(undefined) }).catch({ current: 0 }),
  networks: z.record(z.string(), z.object({ rx_bytes: counter, tx_bytes: counter })).optional(),
  blkio_stats: z
    .object({ io_service_bytes_recursive: z.array(z.object({ op: z.string(), value: counter })).nullish() })
    .catch({ io_service_bytes_recursive: null }),
});

/** One reading, at once: without `one-shot` an engine takes a second to have two of its own. Null for a container that does not run. */
export async function readContainerUsage(docker: Docker, containerId: string, cores: number | null): Promise<UsageReading | null> {
  const answer: unknown = await docker.getContainer(containerId).stats({ stream: false, "one-shot": true });
  const parsed = statsSchema.safeParse(answer);
  // Of one that has ended the engine says nothing but zeros, and no memory at all.
  const used = parsed.data?.memory_stats.usage;
  if (!parsed.success || used === undefined) return null;
  const { read, cpu_stats, memory_stats, pids_stats, networks, blkio_stats } = parsed.data;
  const cached = memory_stats.stats.total_inactive_file ?? memory_stats.stats.inactive_file ?? 0;
  const links = networks && Object.values(networks);
  const io = blkio_stats.io_service_bytes_recursive;
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
  const disk = (op: string) => sum((io ?? []).filter((entry) => entry.op.toLowerCase() === op).map(({ value }) => value));
  return {
    at: read,
    cpuNanoseconds: cpu_stats.cpu_usage.total_usage,
    cores,
    memory: { usedBytes: Math.max(0, used - cached), limitBytes: memory_stats.limit ?? null },
    network: links ? { receivedBytes: sum(links.map((link) => link.rx_bytes)), sentBytes: sum(links.map((link) => link.tx_bytes)) } : null,
    disk: io ? { readBytes: disk("read"), writtenBytes: disk("write") } : null,
    pids: { current: pids_stats.current, limit: pids_stats.limit ?? null },
  };
}
