import { type Machine, machineLine } from "../measure/machine";
import { median, percentile } from "../measure/statistics";
import { AGENTS, SESSIONS } from "./full-house";
import type { Interaction } from "./interactions";
import type { Frames } from "./live-rows";

export interface PageResult {
  readonly name: string;
  /** A viewer or an editor: the bar for scripts is not for it. */
  readonly heavy: boolean;
  readonly firstPaintMs: readonly number[];
  readonly scriptKb: number;
  readonly shift: number;
  readonly interactions: readonly Interaction[];
}

export interface LiveResult {
  readonly path: string;
  readonly perSecond: number;
  readonly changes: number;
  readonly seconds: number;
  readonly quiet: Frames;
  readonly busy: Frames;
}

export interface UiReport {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly pages: readonly PageResult[];
  readonly live: readonly LiveResult[];
}

const SCRIPT_LIMIT_KB = 200;
const INTERACTION_LIMIT_MS = 100;
const SHIFT_LIMIT = 0.02;

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const head = (cells: readonly string[]): string => `${row(cells)}\n${row(cells.map(() => "---"))}`;
const ms = (value: number): string => `${Math.round(value)} ms`;
const verdict = (met: boolean): string => (met ? "met" : "**missed**");
const latency = (interactions: readonly Interaction[], fraction: number): number =>
  interactions.length === 0
    ? 0
    : percentile(
        interactions.map((one) => one.ms),
        fraction,
      );

export function uiMarkdown({ date, command, machine, pages, live }: UiReport): string {
  const everything = pages.flatMap((page) => page.interactions);
  const light = pages.filter((page) => !page.heavy);
  const most = (of: (page: PageResult) => number, among: readonly PageResult[] = pages) => {
    const found = among.reduce((a, b) => (of(b) > of(a) ? b : a));
    return { value: of(found), name: found.name };
  };
  const scripts = most((page) => page.scriptKb, light);
  const shift = most((page) => page.shift);
  const slowest = most((page) => latency(page.interactions, 0.75));
  const kinds = [...new Set(everything.map((one) => one.what))];
  return [
    `${date}, \`${command}\`, ${SESSIONS.toLocaleString("en-GB")} sessions, ${AGENTS} agents, ${pages[0]?.firstPaintMs.length ?? 0} loads of each page with an empty cache. ${machineLine(machine)}.`,
    [
      head([
        "page",
        "first contentful paint, median",
        "JavaScript, gzipped",
        "layout shift",
        "interactions",
        "to next paint, p75",
        "slowest",
      ]),
      ...pages.map((page) =>
        row([
          page.name,
          ms(median(page.firstPaintMs)),
          `${page.scriptKb.toFixed(0)} KB`,
          page.shift.toFixed(3),
          String(page.interactions.length),
          ms(latency(page.interactions, 0.75)),
          ms(latency(page.interactions, 1)),
        ]),
      ),
    ].join("\n"),
    [
      head(["interaction", "times", "to next paint, median", "p75", "slowest"]),
      ...kinds.map((kind) => {
        const of = everything.filter((one) => one.what === kind);
        return row([kind, String(of.length), ms(latency(of, 0.5)), ms(latency(of, 0.75)), ms(latency(of, 1))]);
      }),
    ].join("\n"),
    [
      head(["list", "changes", "frames", "dropped", "longest frame", "long tasks", "dropped with no change at all"]),
      ...live.map((one) =>
        row([
          `${one.path}, ${one.seconds} s`,
          `${one.changes} (${one.perSecond} a second)`,
          String(one.busy.frames),
          String(one.busy.dropped),
          ms(one.busy.longestMs),
          one.busy.longTasks === 0 ? "none" : `${one.busy.longTasks}, longest ${ms(one.busy.longestTaskMs)}`,
          String(one.quiet.dropped),
        ]),
      ),
    ].join("\n"),
    [
      head(["bar", "measured", "limit", ""]),
      row([
        "JavaScript of any page but viewer and editor",
        `${scripts.value.toFixed(0)} KB (${scripts.name})`,
        `< ${SCRIPT_LIMIT_KB} KB`,
        verdict(scripts.value < SCRIPT_LIMIT_KB),
      ]),
      row([
        "interaction to next paint, p75, of the slowest page",
        `${ms(slowest.value)} (${slowest.name})`,
        `< ${INTERACTION_LIMIT_MS} ms`,
        verdict(slowest.value < INTERACTION_LIMIT_MS),
      ]),
      row([
        "layout shift of any page",
        `${shift.value.toFixed(3)} (${shift.name})`,
        `≤ ${SHIFT_LIMIT}`,
        verdict(shift.value <= SHIFT_LIMIT),
      ]),
      ...live.map((one) =>
        row([
          `frames dropped on ${one.path} at ${one.perSecond} changes a second`,
          String(one.busy.dropped),
          "0",
          verdict(one.busy.dropped === 0),
        ]),
      ),
    ].join("\n"),
  ].join("\n\n");
}
