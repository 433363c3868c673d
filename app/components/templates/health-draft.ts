import type { Probe } from "@berth/protocol/session-health";
import { argumentsOf, commandText } from "../../format/command-text";
import { wholeNumber } from "../../format/quantity";
import type { Content } from "./template-diff";

/** One probe as it is typed; what its type does not have is kept for when it is that type again. `key` tells rows apart meanwhile. */
export interface ProbeRow {
  readonly key: number;
  readonly type: Probe["type"];
  readonly port: string;
  readonly path: string;
  /** An argument a line, or a JSON list of them. */
  readonly command: string;
}

/** The form's words on what is asked of a session and what follows, as they are typed. */
export interface HealthDraft {
  readonly probes: readonly ProbeRow[];
  readonly intervalSeconds: string;
  readonly timeoutSeconds: string;
  readonly failureThreshold: string;
  readonly startPeriodSeconds: string;
  readonly onUnhealthy: Content["health"]["onUnhealthy"];
  readonly maxRestarts: string;
  readonly backoffSeconds: string;
}

const emptyProbe = { port: "", path: "/", command: "" } as const;

export const healthDraftOf = ({ probes, onUnhealthy, ...numbers }: Content["health"]): HealthDraft => ({
  probes: probes.map((probe, key) => ({ ...emptyProbe, key, type: probe.type, ...textsOf(probe) })),
  onUnhealthy,
  intervalSeconds: String(numbers.intervalSeconds),
  timeoutSeconds: String(numbers.timeoutSeconds),
  failureThreshold: String(numbers.failureThreshold),
  startPeriodSeconds: String(numbers.startPeriodSeconds),
  maxRestarts: String(numbers.maxRestarts),
  backoffSeconds: String(numbers.backoffSeconds),
});

function textsOf(probe: Probe): Partial<ProbeRow> {
  if (probe.type === "http") return { port: String(probe.port), path: probe.path };
  return probe.type === "exec" ? { command: commandText(probe.argv) } : {};
}

export const withAnotherProbe = (probes: readonly ProbeRow[]): readonly ProbeRow[] => [
  ...probes,
  { ...emptyProbe, key: Math.max(-1, ...probes.map(({ key }) => key)) + 1, type: "process" },
];

/** For the schema: numbers that are none are left to it. */
export const healthOfDraft = ({ probes, onUnhealthy, ...numbers }: HealthDraft) => ({
  probes: probes.map(({ type, port, path, command }) => {
    if (type === "http") return { type, port: wholeNumber(port), path: path.trim() || "/" };
    return type === "exec" ? { type, argv: argumentsOf(command) } : { type };
  }),
  onUnhealthy,
  intervalSeconds: wholeNumber(numbers.intervalSeconds),
  timeoutSeconds: wholeNumber(numbers.timeoutSeconds),
  failureThreshold: wholeNumber(numbers.failureThreshold),
  startPeriodSeconds: wholeNumber(numbers.startPeriodSeconds),
  maxRestarts: wholeNumber(numbers.maxRestarts),
  backoffSeconds: wholeNumber(numbers.backoffSeconds),
});

/** The field that an issue is about, whose path is `health.probes.<index>.<field>…`: `health.probes.<row's key>.<field>`. */
export function probeField({ probes }: HealthDraft, path: readonly PropertyKey[]): string {
  const [, , index, field] = path;
  const row = probes[Number(index)];
  return row ? `health.probes.${row.key}.${String(field)}` : "health.probes";
}
