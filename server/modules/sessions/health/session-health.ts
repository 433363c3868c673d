import { type HealthPolicy, type ProbeResult, probedHealthSchema, probeResultSchema } from "@berth/protocol/session-health";
import type { SessionPhase } from "@berth/protocol/session-states";
import { z } from "zod";
import type { HealthRow } from "./health-store";
import type { HealthWord } from "./health-words";
import { recentRestarts } from "./restart-plan";

const keptHealth = probedHealthSchema.catch("healthy");

/** What a phase says of a session's health. */
const healthOfPhase: Record<SessionPhase, HealthWord> = {
  Pending: "starting",
  Starting: "starting",
  Waking: "starting",
  Running: "healthy",
  Hibernating: "stopped",
  Hibernated: "stopped",
  Terminating: "stopped",
  Terminated: "stopped",
  Failed: "unhealthy",
  Unreachable: "unknown",
};

export interface HealthView {
  readonly word: HealthWord;
  /** Why it is not healthy, and what follows; null where the phase has said all. */
  readonly reason: string | null;
  readonly since: Date | null;
}

type Told = Pick<HealthRow, "generation" | "health" | "reason" | "since" | "restartAt" | "gaveUpAt">;

/** The phase's, and of one that runs what its probes say: of this generation, and no older one. */
export function healthView(phase: SessionPhase, generation: number, told: Told | null): HealthView {
  if (phase !== "Running" || !told || told.generation !== generation) return { word: healthOfPhase[phase], reason: null, since: null };
  const word = keptHealth.parse(told.health);
  return { word, reason: word === "healthy" ? null : reasonOf(told), since: told.since };
}

function reasonOf({ health, reason, restartAt, gaveUpAt }: Told): string {
  const why = reason ?? (health === "starting" ? "It was not asked yet" : "Its probes fail");
  if (gaveUpAt) return `${why}. It was restarted as often as its template allows and is left as it is: restart it by hand`;
  return restartAt ? `${why}. It will be restarted` : why;
}

export const probesView = (row: Pick<HealthRow, "probes"> | null): ProbeResult[] =>
  z
    .array(probeResultSchema)
    .catch([])
    .parse(row?.probes ?? []);

export interface RestartsView {
  readonly policy: HealthPolicy["onUnhealthy"];
  /** Within the last hour, and how many are allowed. */
  readonly count: number;
  readonly max: number;
  readonly lastAt: Date | null;
  readonly nextAt: Date | null;
  readonly gaveUpAt: Date | null;
}

export function restartsView(policy: HealthPolicy, row: HealthRow | null, now: Date): RestartsView {
  const recent = recentRestarts(row?.restarts ?? [], now);
  return {
    policy: policy.onUnhealthy,
    count: recent.length,
    max: policy.maxRestarts,
    lastAt: recent.at(-1) ?? null,
    nextAt: row?.restartAt ?? null,
    gaveUpAt: row?.gaveUpAt ?? null,
  };
}
