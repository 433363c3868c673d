/** What a run found, for people and for programs. */
import type { Outcome, Result } from "./check";

export interface Report {
  /** Which program was held against the contracts. */
  readonly side: "control plane" | "agent";
  readonly target: string;
  readonly results: readonly Result[];
  /** What the kit made and could not take away. */
  readonly left: readonly string[];
}

/** Differences that fail a run: all but those of sections that are allowed to lack. */
export const failures = (reports: readonly Report[], allowMissing: readonly string[]): Result[] =>
  reports.flatMap(({ results }) => results).filter(({ outcome, section }) => counts(outcome) && !allowMissing.includes(section));

const counts = (outcome: Outcome): boolean => outcome.kind !== "passed" && !(outcome.kind === "not run" && outcome.notGiven);

export const asJson = (reports: readonly Report[], allowMissing: readonly string[]): string =>
  JSON.stringify({ conforms: failures(reports, allowMissing).length === 0, allowMissing, reports }, null, 2);

const words: Record<Outcome["kind"], string> = { passed: "ok", differs: "DIFFERS", "not served": "NOT SERVED", "not run": "not run" };
const WIDTH = 11;
const ID_WIDTH = 12;

/** A table: sections, a line for each check, and under it what differs. */
export function asTable({ side, target, results, left }: Report): string {
  const lines = [`The ${side} at ${target}`];
  let section = "";
  for (const result of results) {
    if (result.section !== section) lines.push("", `  ${result.section}`);
    section = result.section;
    lines.push(...rowOf(result));
  }
  const count = (kind: Outcome["kind"]) => results.filter(({ outcome }) => outcome.kind === kind).length;
  lines.push("", `  ${count("passed")} hold, ${count("differs")} differ, ${count("not served")} not served, ${count("not run")} not run`);
  if (left.length > 0) lines.push(`  Left behind, as it could not be removed: ${left.join(", ")}`);
  return `${lines.join("\n")}\n`;
}

export function rowOf({ id, says, outcome }: Result): string[] {
  const under = (name: string, text: string) => `${" ".repeat(WIDTH + ID_WIDTH + 4)}${name} ${text}`;
  const head = `    ${words[outcome.kind].padEnd(WIDTH)}${id.padEnd(ID_WIDTH)}${says}`;
  switch (outcome.kind) {
    case "passed":
      return [head];
    case "differs":
      return [head, under("where:   ", outcome.where), under("expected:", outcome.expected), under("got:     ", outcome.got)];
    case "not served":
      return [head, under("where:   ", outcome.where), under("got:     ", outcome.got)];
    case "not run":
      return [head, under("because: ", outcome.why)];
  }
}
