/** What one session uses of its host, as the agent's HTTP API says it. */
import { z } from "zod";

/** Capability of an agent that serves `stats` and `stats/live` (see `agent-api.ts`). */
export const STATS = "stats";
/** Between two samples of the history that an agent keeps. */
export const STATS_EVERY_MS = 30_000;
/** Samples that it keeps of each session: an hour. */
export const STATS_KEPT = 120;

/** Counters since the container's start are null where the engine has none: a session without a network has no traffic. */
export const sessionStatsSchema = z.object({
  at: z.iso.datetime(),
  cpu: z.object({
    /** Of one core: a session that keeps two cores busy is at 200. Null in the first moment, when there is nothing to compare with. */
    percent: z.number().min(0).nullable(),
    /** Cores that it may use. */
    limit: z.number().min(0).nullable(),
  }),
  /** Without what the system could take back at once (file cache). */
  memory: z.object({ usedBytes: z.number().int().min(0), limitBytes: z.number().int().min(0).nullable() }),
  network: z.object({ receivedBytes: z.number().int().min(0), sentBytes: z.number().int().min(0) }).nullable(),
  disk: z.object({ readBytes: z.number().int().min(0), writtenBytes: z.number().int().min(0) }).nullable(),
  pids: z.object({ current: z.number().int().min(0), limit: z.number().int().min(0).nullable() }),
});
export type SessionStats = z.infer<typeof sessionStatsSchema>;

export const statsAnswerSchema = z.object({ now: sessionStatsSchema, history: z.array(sessionStatsSchema).max(STATS_KEPT) });
