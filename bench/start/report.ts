import { type Machine, machineLine } from "../measure/machine";
import { median, percentile, rounded } from "../measure/statistics";
import type { Step } from "./timeline";

/** Milliseconds, one for each round. */
export interface Samples {
  readonly dockerRunToBanner: number[];
  readonly requestToRunning: number[];
  readonly requestToBanner: number[];
  readonly clickToFirstFrame: number[];
  /** As `requestToBanner`, of sessions that waited in the template's warm pool. */
  readonly claimToBanner: number[];
}

export interface StartReport {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly image: string;
  readonly samples: Samples;
  readonly timeline: readonly Step[];
}

const BANNER_FACTOR = 1.25;
const FIRST_FRAME_LIMIT_MS = 1000;
const CLAIM_LIMIT_MS = 300;

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const milliseconds = (value: number): string => `${Math.round(value)} ms`;

function sampleRow(title: string, values: readonly number[], reference: number): string {
  const middle = median(values);
  return row([
    title,
    milliseconds(middle),
    milliseconds(Math.min(...values)),
    milliseconds(percentile(values, 0.9)),
    `${(middle / reference).toFixed(2)} ×`,
  ]);
}

const verdict = (met: boolean): string => (met ? "met" : "**missed**");

function coldBars(samples: Samples, reference: number): string[] {
  if (samples.requestToBanner.length === 0) return [];
  const ratio = median(samples.requestToBanner) / reference;
  const frame = median(samples.clickToFirstFrame);
  return [
    row([
      `banner within ${BANNER_FACTOR} × \`docker run\``,
      `${rounded(ratio)} ×`,
      `≤ ${BANNER_FACTOR} ×`,
      verdict(ratio <= BANNER_FACTOR),
    ]),
    row(["first frame under a second", milliseconds(frame), `≤ ${FIRST_FRAME_LIMIT_MS} ms`, verdict(frame <= FIRST_FRAME_LIMIT_MS)]),
  ];
}

export function startMarkdown({ date, command, machine, image, samples, timeline }: StartReport): string {
  const reference = median(samples.dockerRunToBanner);
  const claim = median(samples.claimToBanner);
  const measured = (title: string, values: readonly number[]) => (values.length > 0 ? [sampleRow(title, values, reference)] : []);
  return [
    `${date}, \`${command}\`, ${image}, ${samples.dockerRunToBanner.length} rounds in turns. ${machineLine(machine)}.`,
    [
      row(["", "median", "fastest", "p90", "of `docker run`"]),
      row(["---", "---", "---", "---", "---"]),
      ...measured("`docker run` to the banner", samples.dockerRunToBanner),
      ...measured("request to running", samples.requestToRunning),
      ...measured("request to the banner in a viewer", samples.requestToBanner),
      ...measured("click to the first frame in Chromium", samples.clickToFirstFrame),
      ...measured("request to the banner in a viewer, from the warm pool", samples.claimToBanner),
    ].join("\n"),
    [
      row(["bar", "measured", "limit", ""]),
      row(["---", "---", "---", "---"]),
      ...coldBars(samples, reference),
      row(["banner of a warm session", milliseconds(claim), `≤ ${CLAIM_LIMIT_MS} ms`, verdict(claim <= CLAIM_LIMIT_MS)]),
    ].join("\n"),
    ...(timeline.length > 0
      ? [
          `Where it goes, from the request, by the sessions' own timelines (medians of those in the browser): ${timeline
            .map(({ kind, afterMs }) => `${kind.replaceAll("_", " ")} ${afterMs} ms`)
            .join(" → ")}.`,
        ]
      : []),
  ].join("\n\n");
}
