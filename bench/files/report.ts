import { type Machine, machineLine } from "../measure/machine";
import { median, rounded } from "../measure/statistics";
import type { Sampled } from "./sampled";

/** One thing carried one way, `docker cp` and Berth in turns. */
export interface FilesRow {
  readonly name: string;
  readonly bytes: number;
  readonly files: number;
  readonly docker: readonly Sampled[];
  readonly berth: readonly Sampled[];
}

export interface FilesReport {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly rows: readonly FilesRow[];
}

const MEBIBYTE = 1024 * 1024;
/** Of `docker cp`'s throughput, for the big file. */
const LIMIT_SHARE = 0.6;
/** What a process may grow by while the big file goes through it. */
const LIMIT_GROWTH_MIB = 100;

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const seconds = (all: readonly Sampled[]): number => median(all.map((one) => one.seconds));
const share = ({ docker, berth }: FilesRow): number => seconds(docker) / seconds(berth);
const most = ({ berth }: FilesRow, name: string): number => Math.max(...berth.map(({ grewBytes }) => grewBytes[name] ?? 0)) / MEBIBYTE;
const verdict = (met: boolean): string => (met ? "met" : "**missed**");

export function filesMarkdown({ date, command, machine, rows }: FilesReport): string {
  const speed = (row: FilesRow, all: readonly Sampled[]): string => {
    const took = seconds(all);
    const rate = row.files > 1 ? `${rounded(row.files / took)} files/s` : `${rounded(row.bytes / MEBIBYTE / took)} MiB/s`;
    return `${rounded(took)} s, ${rate}`;
  };
  const cpu = (row: FilesRow, name: string): string => `${rounded(median(row.berth.map((one) => one.cpuSeconds[name] ?? 0)))} s`;
  const big = rows.filter(({ files }) => files === 1);
  const grew = big.flatMap((row) => ["agent", "control plane"].map((name) => ({ name, mebibytes: most(row, name) })));
  const worst = grew.reduce((a, b) => (b.mebibytes > a.mebibytes ? b : a));
  return [
    `${date}, \`${command}\`, ${rows[0]?.berth.length ?? 0} times each, in turns; medians. ${machineLine(machine)}.`,
    [
      line(["carried", "`docker cp`", "**berth cp**", "of `docker cp`'s speed", "agent's CPU", "control plane's CPU"]),
      line(["---", "---", "---", "---", "---", "---"]),
      ...rows.map((row) =>
        line([
          row.name,
          speed(row, row.docker),
          speed(row, row.berth),
          `${Math.round(share(row) * 100)} %`,
          cpu(row, "agent"),
          cpu(row, "control plane"),
        ]),
      ),
    ].join("\n"),
    [
      line(["bar", "measured", "limit", ""]),
      line(["---", "---", "---", "---"]),
      ...big.map((row) =>
        line([`${row.name}, of \`docker cp\`'s speed`, `${Math.round(share(row) * 100)} %`, "≥ 60 %", verdict(share(row) >= LIMIT_SHARE)]),
      ),
      line([
        `memory while it goes through, most (${worst.name})`,
        `+${rounded(worst.mebibytes)} MiB`,
        `≤ ${LIMIT_GROWTH_MIB} MiB`,
        verdict(worst.mebibytes <= LIMIT_GROWTH_MIB),
      ]),
    ].join("\n"),
  ].join("\n\n");
}
