import { type Machine, machineLine } from "../measure/machine";
import { percentile } from "../measure/statistics";
import type { Floor, Rung } from "./ladder";
import { type Storm, weathered } from "./storm";

export interface FleetReport {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly rungs: readonly Rung[];
  readonly floors: readonly Floor[];
  readonly storms: readonly Storm[];
}

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
const n = (value: number): string => value.toLocaleString("en-GB", { maximumFractionDigits: 0 });
const cores = (value: number): string => value.toFixed(2);
const megabytes = (bytes: number): string => n(bytes / 1e6);
const three = (all: readonly number[]): string => [0.5, 0.95, 0.99].map((fraction) => percentile(all, fraction).toFixed(1)).join(" / ");
const times = (value: number, by: number): string => (by > 0 ? `${(value / by).toFixed(1)} ×` : "–");
const met = (yes: boolean): string => (yes ? "met" : "**missed**");

/** A rung in one line, for who waits for the whole. */
export const rungLine = (rung: Rung): string =>
  `${n(rung.connected)} agents: control plane ${cores(rung.controlPlaneCores)} of a core and ${megabytes(rung.residentBytes)} MB, database ${cores(rung.databaseCores)}, ` +
  `agents ${cores(rung.clientCores)}; ${rung.madePerSecond.toFixed(1)} heartbeats a second, ${rung.writtenPerSecond.toFixed(1)} written, longest silence ` +
  `${rung.longestSilenceSeconds.toFixed(1)} s, ${rung.reconnected} reconnected, ${rung.flaps} told offline; to connect ${rung.connectCpuMs.toFixed(1)} ms of CPU each` +
  (rung.trips
    ? `; round trip seen ${three(rung.trips.seenMs)} ms, recorded ${three(rung.trips.recordedMs)}, to the acknowledgement ${three(rung.trips.acknowledgedMs)}`
    : "");

export function fleetMarkdown(report: FleetReport): string {
  const { date, command, machine, rungs, floors, storms } = report;
  return [
    `${date}, \`${command}\`. ${machineLine(machine)}.`,
    ...(rungs.length > 0 ? [ladderTable(rungs), tripsTable(rungs)] : []),
    ...floors.map((floor) => floorTable(floor, rungs)),
    ...storms.map(stormTable),
    barsTable(report),
  ].join("\n\n");
}

const ladderTable = (rungs: readonly Rung[]): string =>
  table(
    [
      "agents connected",
      "control plane, cores",
      "PostgreSQL, cores",
      "agents, cores",
      "control plane, MB resident",
      "heartbeats a second, made / written",
      "longest silence",
      "reconnected",
      "told offline",
      "CPU to connect, each",
    ],
    rungs.map((rung) => [
      rung.connected === rung.agents ? n(rung.agents) : `${n(rung.connected)} of ${n(rung.agents)}`,
      cores(rung.controlPlaneCores),
      cores(rung.databaseCores),
      cores(rung.clientCores),
      megabytes(rung.residentBytes),
      `${rung.madePerSecond.toFixed(0)} / ${rung.writtenPerSecond.toFixed(0)}`,
      `${rung.longestSilenceSeconds.toFixed(1)} s`,
      String(rung.reconnected),
      String(rung.flaps),
      `${rung.connectCpuMs.toFixed(1)} ms`,
    ]),
  );

const tripsTable = (rungs: readonly Rung[]): string =>
  table(
    [
      "command round trip, ms, p50 / p95 / p99",
      "request to result seen by the API",
      "task written to result recorded",
      "claimed to acknowledged",
    ],
    rungs.flatMap(({ agents, trips }) =>
      trips ? [[`${n(agents)} agents`, three(trips.seenMs), three(trips.recordedMs), three(trips.acknowledgedMs)]] : [],
    ),
  );

function floorTable(floor: Floor, rungs: readonly Rung[]): string {
  const ours = rungs.find(({ agents }) => agents === floor.agents);
  const beside = (value: (rung: Rung) => string) => (ours ? value(ours) : "–");
  return table(
    [`${n(floor.agents)} agents`, "bare `ws` server", "control plane", ""],
    [
      [
        "cores, PostgreSQL left out",
        floor.cores.toFixed(3),
        beside((rung) => rung.controlPlaneCores.toFixed(3)),
        beside((rung) => times(rung.controlPlaneCores, floor.cores)),
      ],
      [
        "MB resident",
        megabytes(floor.residentBytes),
        beside((rung) => megabytes(rung.residentBytes)),
        beside((rung) => times(rung.residentBytes, floor.residentBytes)),
      ],
      [
        "CPU to connect, ms each",
        floor.connectCpuMs.toFixed(2),
        beside((rung) => rung.connectCpuMs.toFixed(2)),
        beside((rung) => times(rung.connectCpuMs, floor.connectCpuMs)),
      ],
      [
        "command to result, ms, p50 / p95 / p99",
        three(floor.tripsMs),
        beside(({ trips }) => (trips ? three(trips.recordedMs) : "–")),
        beside(({ trips }) => (trips ? times(percentile(trips.recordedMs, 0.5), percentile(floor.tripsMs, 0.5)) : "–")),
      ],
    ],
  );
}

function stormTable({ kind, agents, moments, backSeconds, flaps }: Storm): string {
  const end = backSeconds === null ? "not all were back after a minute" : `all back after ${backSeconds.toFixed(1)} s`;
  const told =
    flaps.length === 0
      ? "none was told offline or online"
      : `told: ${flaps.slice(0, 5).join("; ")}${flaps.length > 5 ? ` and ${flaps.length - 5} more` : ""}`;
  return [
    `**${n(agents)} agents, ${kind}**: ${end}; ${told}.`,
    table(
      ["second", "back", "control plane, cores", "PostgreSQL, cores", "control plane, MB resident"],
      moments.map((one) => [
        one.seconds.toFixed(1),
        n(one.back),
        cores(one.controlPlaneCores),
        cores(one.databaseCores),
        megabytes(one.residentBytes),
      ]),
    ),
  ].join("\n\n");
}

function barsTable({ rungs, storms }: FleetReport): string {
  const most = rungs.at(-1);
  const thousand = rungs.find(({ agents }) => agents === 1000)?.trips;
  const rows: string[][] = [];
  if (most) {
    rows.push([
      `control plane with ${n(most.connected)} agents`,
      `${cores(most.controlPlaneCores)} cores`,
      "≤ 1 core",
      met(most.controlPlaneCores <= 1),
    ]);
    rows.push([
      `memory with ${n(most.connected)} agents`,
      `${megabytes(most.residentBytes)} MB`,
      "≤ 1,000 MB",
      met(most.residentBytes <= 1e9),
    ]);
    rows.push(["agents connected", n(most.connected), "10,000", met(most.connected >= 10_000)]);
  }
  if (thousand) {
    const p95 = percentile(thousand.recordedMs, 0.95);
    rows.push(["command round trip with 1,000 agents, p95, recorded", `${p95.toFixed(1)} ms`, "≤ 50 ms", met(p95 <= 50)]);
    const seen = percentile(thousand.seenMs, 0.95);
    rows.push(["… seen by the API", `${seen.toFixed(1)} ms`, "≤ 50 ms", met(seen <= 50)]);
  }
  for (const storm of storms) {
    const { kind, agents, backSeconds, flaps } = storm;
    rows.push([
      `${n(agents)} agents back: ${kind}`,
      backSeconds === null ? "not all" : `${backSeconds.toFixed(1)} s, ${flaps.length} flaps`,
      "≤ 60 s, no flaps",
      met(weathered(storm)),
    ]);
  }
  return table(["bar", "measured", "limit", ""], rows);
}
