import { MAX_PROBES, probeResultSchema } from "@berth/protocol/session-health";
import { sessionPhaseSchema } from "@berth/protocol/session-states";
import { STATS_KEPT, sessionStatsSchema } from "@berth/protocol/session-stats";
import { logStreamSchema } from "@berth/protocol/tunnel";
import { z } from "zod";
import { healthWords } from "../sessions/health/health-words";

/** The container control contract calls a session's id its `containerId`. */
const containerId = z.uuid();
export const containerInput = z.strictObject({ containerId });

/** What a change of its state is answered with, when it has arrived or ten seconds are over. */
export const containerStateSchema = z.object({
  containerId,
  name: z.string(),
  state: z.string(),
  phase: sessionPhaseSchema,
  message: z.string(),
});

export const containerHealthSchema = z.object({
  containerId,
  name: z.string(),
  health: z.enum(healthWords),
  phase: sessionPhaseSchema,
  /** In words. */
  message: z.string(),
  /** Since when, where its probes say; null otherwise. */
  since: z.date().nullable(),
  /** Each probe's last answer. */
  probes: z.array(probeResultSchema).max(MAX_PROBES),
  /** What follows where it is unhealthy, and what did within the last hour. */
  restarts: z.object({
    policy: z.enum(["nothing", "restart"]),
    count: z.number().int(),
    max: z.number().int(),
    lastAt: z.date().nullable(),
    nextAt: z.date().nullable(),
    gaveUpAt: z.date().nullable(),
  }),
  /** False: its agent is too old for probes, or its template has none; then it is healthy while it runs. */
  probed: z.boolean(),
  /** Of a running one; null where its agent does not say. */
  resources: sessionStatsSchema.nullable(),
});
/** `all`: of everyone, for operators and administrators; else the caller's own. */
export const healthSummaryInput = z.strictObject({ all: z.boolean().default(false) });
export const healthSummarySchema = z.object({
  summary: z.record(z.enum(healthWords), z.number().int()),
  containers: z.array(containerHealthSchema.pick({ containerId: true, name: true, health: true, phase: true, message: true, since: true })),
  /** More than are listed. */
  cut: z.boolean(),
});

export const containerStatsOutput = sessionStatsSchema.extend({
  containerId,
  /** Every 30 seconds of the last hour, oldest first. */
  history: z.array(sessionStatsSchema).max(STATS_KEPT),
});

export const containerLogsInput = z.strictObject({
  containerId,
  tail: z.number().int().min(1).max(5000).default(200),
  timestamps: z.boolean().default(false),
  /** Nothing that was printed before this moment. */
  since: z.iso.datetime({ offset: true }).optional(),
  stream: logStreamSchema.optional(),
});
export const containerLogsOutput = z.object({ containerId, logs: z.string() });
