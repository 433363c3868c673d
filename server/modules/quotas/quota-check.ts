import { BerthError } from "@berth/protocol/errors";
import type { Limits } from "./limits-schema";

export type Amounts = { readonly [Key in keyof Limits]: number };

/** What a session would take beside what its owner has. */
export interface Ask {
  /** 0 for one that is counted already. */
  readonly sessions: 0 | 1;
  /** 0 for one that begins hibernated. */
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
  /** It has a home, which may grow. Nobody knows by how much, so a full quota is what refuses it. */
  readonly home: boolean;
}

interface Excess {
  readonly resource: "sessions" | "cpu" | "memory" | "storage";
  readonly unit: "sessions" | "millicores" | "bytes";
  readonly used: number;
  readonly asked: number;
  readonly limit: number;
}

/** A person's own limit goes before their role's; null where neither has one. */
export const effectiveLimits = (own: Limits, ofRole: Limits | null): Limits => ({
  sessions: own.sessions ?? ofRole?.sessions ?? null,
  cpuMillicores: own.cpuMillicores ?? ofRole?.cpuMillicores ?? null,
  memoryBytes: own.memoryBytes ?? ofRole?.memoryBytes ?? null,
  storageBytes: own.storageBytes ?? ofRole?.storageBytes ?? null,
});

/**
 * Throws QUOTA_EXCEEDED when the ask goes beyond a limit, with each resource of which it does in `details.quotas`. Who is over a limit
 * already (it was lowered) keeps what they have, and only what adds to it is refused.
 */
export function demandWithinQuota(username: string, ask: Ask, used: Amounts, limits: Limits): void {
  const over = [
    excess("sessions", "sessions", used.sessions, ask.sessions, limits.sessions),
    excess("cpu", "millicores", used.cpuMillicores, ask.cpuMillicores, limits.cpuMillicores),
    excess("memory", "bytes", used.memoryBytes, ask.memoryBytes, limits.memoryBytes),
    ask.home && limits.storageBytes !== null && used.storageBytes >= limits.storageBytes
      ? ({ resource: "storage", unit: "bytes", used: used.storageBytes, asked: 0, limit: limits.storageBytes } as const)
      : null,
  ].filter((one) => one !== null);
  if (over.length === 0) return;
  const advice = [...new Set(over.map(({ resource }) => wayOut[resource]))].join(", ");
  throw new BerthError(
    "QUOTA_EXCEEDED",
    `The quota of '${username}' has no room for this: ${over.map(words).join("; ")}. To go on, ${advice}, or ask an administrator for more`,
    { details: { user: username, quotas: over } },
  );
}

function excess(resource: Excess["resource"], unit: Excess["unit"], used: number, asked: number, limit: number | null): Excess | null {
  return limit !== null && asked > 0 && used + asked > limit ? { resource, unit, used, asked, limit } : null;
}

const wayOut = {
  sessions: "end a session that isn't needed",
  cpu: "hibernate or end another session or ask for less",
  memory: "hibernate or end another session or ask for less",
  storage: "delete a home or a snapshot that isn't needed",
} as const satisfies Record<Excess["resource"], string>;

function words({ resource, used, asked, limit }: Excess): string {
  switch (resource) {
    case "sessions":
      return `${used} of ${limit} sessions are there already`;
    case "cpu":
      return `${used / 1000} of ${limit / 1000} cores are used and ${asked / 1000} asked for`;
    case "memory":
      return `${gib(used)} of ${gib(limit)} GiB of memory are used and ${gib(asked)} asked for`;
    case "storage":
      return `homes and snapshots take ${gib(used)} of ${gib(limit)} GiB of storage`;
  }
}

const gib = (bytes: number): number => Math.round((bytes / 2 ** 30) * 100) / 100;
