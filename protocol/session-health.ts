/** Whether a session does what it is for: what is asked of it (probes), what an agent tells of the answers, and what follows from them. */
import { z } from "zod";

/** Capability of an agent that probes its sessions and tells `session_health`. */
export const SESSION_HEALTH = "session_health";

export const MAX_PROBES = 4;
/** Sessions in one `session_health`: with all their probes they stay below a message's limit. */
export const HEALTH_TOLD_TOGETHER = 200;

const probePath = z
  .string()
  .max(500)
  .regex(/^\/[\x21-\x7e]*$/, "must begin with / and have no spaces or control characters");

/**
 * `process`: its container runs. `display`: it answers as the template says that it does: an RFB server lets a client in, or the HTTP path
 * of the display answers. `http`: a port answers GET with a status below 400. `exec`: a program in the session ends with 0.
 */
export const probeSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("process") }),
  z.strictObject({ type: z.literal("display") }),
  z.strictObject({ type: z.literal("http"), port: z.number().int().min(1).max(65_535), path: probePath.default("/") }),
  z.strictObject({
    type: z.literal("exec"),
    argv: z
      .array(
        z
          .string()
          .min(1)
          .max(1000)
          .refine((word) => !word.includes("\0"), "must not hold a NUL"),
      )
      .min(1)
      .max(20),
  }),
]);
export type Probe = z.output<typeof probeSchema>;

const intervalSeconds = z.number().int().min(5).max(3600);
const timeoutSeconds = z.number().int().min(1).max(60);
const failureThreshold = z.number().int().min(1).max(20);
const startPeriodSeconds = z.number().int().min(0).max(3600);

/** A template's. */
export const healthPolicySchema = z.strictObject({
  /** All have to answer well. None: nobody looks. */
  probes: z
    .array(probeSchema)
    .max(MAX_PROBES)
    .default([{ type: "display" }]),
  intervalSeconds: intervalSeconds.default(30),
  /** For one answer. */
  timeoutSeconds: timeoutSeconds.default(5),
  /** Rounds in a row that fail before it counts as unhealthy. */
  failureThreshold: failureThreshold.default(3),
  /** From its start; failures do not count until it was well once or this is over. */
  startPeriodSeconds: startPeriodSeconds.default(30),
  onUnhealthy: z.enum(["nothing", "restart"]).default("nothing"),
  /** Restarts within an hour; then it stays unhealthy until somebody restarts it. */
  maxRestarts: z.number().int().min(1).max(20).default(3),
  /** Before the first restart; each further one within the hour waits twice as long as the one before. */
  backoffSeconds: z.number().int().min(1).max(3600).default(10),
});
export type HealthPolicy = z.output<typeof healthPolicySchema>;

/** What an agent is asked to do, in a start command. */
export const sessionProbesSchema = z.object({
  probes: z.array(probeSchema).max(MAX_PROBES),
  interval_seconds: intervalSeconds,
  timeout_seconds: timeoutSeconds,
  failure_threshold: failureThreshold,
  start_period_seconds: startPeriodSeconds,
});
export type SessionProbes = z.output<typeof sessionProbesSchema>;

/** `starting`: it was never well yet, and its start period is not over. */
export const probedHealthSchema = z.enum(["starting", "healthy", "unhealthy"]);
export type ProbedHealth = z.output<typeof probedHealthSchema>;

/** One probe's last answer, in words for people. */
export const probeResultSchema = z.object({
  /** `http :8080/health`. */
  probe: z.string().max(200),
  ok: z.boolean(),
  /** `answered with 200`. */
  message: z.string().max(300),
});
export type ProbeResult = z.output<typeof probeResultSchema>;

/** One session's, as `session_health` tells it. */
export const toldHealthSchema = z.object({
  session_id: z.string().max(100),
  generation: z.number().int().min(0),
  health: probedHealthSchema,
  /** Why it is not healthy; null where it is. */
  reason: z.string().max(500).nullable(),
  /** Since when it is so. */
  since: z.string().max(40),
  probes: z.array(probeResultSchema).max(MAX_PROBES),
});
export type ToldHealth = z.output<typeof toldHealthSchema>;
