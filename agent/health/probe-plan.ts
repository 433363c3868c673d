import type { StartSessionData } from "@berth/protocol/agent-commands";
import { type SessionProbes, sessionProbesSchema } from "@berth/protocol/session-health";

/** What to ask of a session, with its display said by what it speaks; null: nothing. */
export function probesOf({ health, display }: Pick<StartSessionData, "health" | "display">): SessionProbes | null {
  if (!health || health.probes.length === 0) return null;
  const probes = health.probes.map((probe) =>
    probe.type === "display" && display.protocol === "http" ? { type: "http" as const, port: display.port, path: display.path } : probe,
  );
  return { ...health, probes };
}

/** As it was kept beside a container; null where it is not there or can't be read. */
export function readProbes(text: string | undefined): SessionProbes | null {
  if (text === undefined) return null;
  try {
    return sessionProbesSchema.nullable().catch(null).parse(JSON.parse(text));
  } catch {
    return null;
  }
}
