/**
 * The words for what a session is doing. Two facts are stored: `desired` (written by the control plane) and `observed` (written from
 * agents' reports). What a user sees, `state` and `phase`, is computed from them; see `server/modules/sessions/session-status.ts`.
 */
import { z } from "zod";

/** What the control plane wants of a session. */
export const desiredStateSchema = z.enum(["running", "hibernated", "terminated"]);
export type DesiredState = z.infer<typeof desiredStateSchema>;

/**
 * What the agent last saw. `absent`: nothing was ever made. `starting`: made, display not ready yet. `frozen`: paused in memory.
 * `stopped`: container stopped on purpose, home kept. `failed`: a start failed, or the container ended by itself. `removed`: nothing is left of it but, perhaps, its home.
 */
export const observedStateSchema = z.enum(["absent", "starting", "running", "frozen", "stopped", "failed", "removed"]);
export type ObservedState = z.infer<typeof observedStateSchema>;

/** `state` of the REST contract: follows what was accepted as desired. */
export const sessionStateSchema = z.enum(["pending", "running", "hibernated", "terminating", "terminated"]);
export type SessionState = z.infer<typeof sessionStateSchema>;

/** `status.phase` of the REST contract: follows what was observed. */
export const sessionPhaseSchema = z.enum([
  "Pending",
  "Starting",
  "Running",
  "Hibernating",
  "Hibernated",
  "Waking",
  "Terminating",
  "Terminated",
  "Failed",
  "Unreachable",
]);
export type SessionPhase = z.infer<typeof sessionPhaseSchema>;

/** `stop` ends the processes and keeps the home; `freeze` keeps the processes in memory. */
export const hibernateModeSchema = z.enum(["stop", "freeze"]);
export type HibernateMode = z.infer<typeof hibernateModeSchema>;

export const agentStatusSchema = z.enum(["online", "offline", "draining", "degraded"]);
export type AgentStatus = z.infer<typeof agentStatusSchema>;

export const platformSchema = z.enum(["docker", "kubernetes"]);
export type Platform = z.infer<typeof platformSchema>;
