import { type Machine, machineLine } from "../measure/machine";
import { rounded } from "../measure/statistics";
import { type Bar, metricOf } from "./bars";
import { type ChainName, chains } from "./chains";
import type { ChainResult, MetricName } from "./metrics";
import type { Settings } from "./phases";

export interface RelayReport {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly settings: Settings;
  readonly seconds: number;
  readonly results: readonly ChainResult[];
  readonly bars: readonly Bar[];
}

const columns: readonly { title: string; metrics: readonly MetricName[] }[] = [
  { title: "MB/s, 1 / 16 streams", metrics: ["megabytesPerSecond1", "megabytesPerSecond16"] },
  { title: "CPU s per GB, control plane, 1 / 16", metrics: ["controlPlaneCpuPerGb1", "controlPlaneCpuPerGb16"] },
  { title: "CPU s per GB, agent, 1 / 16", metrics: ["agentCpuPerGb1", "agentCpuPerGb16"] },
  { title: "64 B round trip µs, idle, p50 / p99", metrics: ["idleP50", "idleP99"] },
  { title: "… under load", metrics: ["loadedP50", "loadedP99"] },
  { title: "stalled reader, MB grown, control plane / agent", metrics: ["stalledControlPlaneMb", "stalledAgentMb"] },
  { title: "idle stream, KB, control plane / agent", metrics: ["idleStreamControlPlaneKb", "idleStreamAgentKb"] },
];
const comparedMetrics: readonly { title: string; metric: MetricName }[] = [
  { title: "MB/s, 1 stream", metric: "megabytesPerSecond1" },
  { title: "MB/s, 16 streams", metric: "megabytesPerSecond16" },
  { title: "control plane CPU, 1 stream", metric: "controlPlaneCpuPerGb1" },
  { title: "control plane CPU, 16 streams", metric: "controlPlaneCpuPerGb16" },
  { title: "agent CPU, 1 stream", metric: "agentCpuPerGb1" },
  { title: "agent CPU, 16 streams", metric: "agentCpuPerGb16" },
  { title: "round trip p50, idle", metric: "idleP50" },
  { title: "round trip p50, under load", metric: "loadedP50" },
  { title: "round trip p99, under load", metric: "loadedP99" },
];

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
/** Small negative growth is noise of the garbage collector's. */
const shown = (value: number | undefined): string => {
  if (value === undefined) return "–";
  if (value <= 0) return "0";
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(value < 10 ? 2 : 3)));
};

function chainTable(results: readonly ChainResult[], tls: boolean): string {
  const rows = chains.flatMap(({ name, label }) => {
    const result = results.find((one) => one.name === name && one.tls === tls);
    if (!result) return [];
    return [[label, ...columns.map(({ metrics }) => metrics.map((metric) => shown(result.medians[metric])).join(" / "))]];
  });
  return table(["browser → control plane → agent → TCP", ...columns.map(({ title }) => title)], rows);
}

function ratioTable(results: readonly ChainResult[]): string {
  const others: readonly { name: ChainName; tls: boolean; title: string }[] = [
    { name: "nginx", tls: false, title: "nginx, plain" },
    { name: "nginx", tls: true, title: "nginx, TLS" },
    { name: "websockify", tls: false, title: "websockify, plain" },
    { name: "websockify", tls: true, title: "websockify, TLS" },
  ];
  const rows = comparedMetrics.map(({ title, metric }) => [
    title,
    ...others.map(({ name, tls }) => {
      const ours = metricOf(results, "berth", tls, metric);
      const theirs = metricOf(results, name, tls, metric);
      return ours === undefined || theirs === undefined ? "–" : `${(ours / theirs).toFixed(2)} ×`;
    }),
  ]);
  return table(["ours, as a multiple of", ...others.map(({ title }) => title)], rows);
}

function barTable(bars: readonly Bar[]): string {
  const rows = bars.map(({ bar, tls, measured, limit, atMost, met }) => [
    bar,
    tls ? "TLS" : "plain",
    String(rounded(Math.max(0, measured))),
    `${atMost ? "≤" : "≥"} ${rounded(limit)}`,
    met ? "met" : "**missed**",
  ]);
  return table(["bar", "", "measured", "limit", ""], rows);
}

export function relayMarkdown(report: RelayReport): string {
  const { settings } = report;
  return [
    `${report.date}, \`${report.command}\`, ${settings.rounds} interleaved rounds, medians, ${Math.round(report.seconds)} s. ${machineLine(report.machine)}.`,
    "**Plain**",
    chainTable(report.results, false),
    "**TLS on every WebSocket leg**",
    chainTable(report.results, true),
    ratioTable(report.results),
    barTable(report.bars),
  ].join("\n\n");
}
