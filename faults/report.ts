/** What the rounds came to, for a terminal and for docs/benchmarks.md. */
import { cpus, release, totalmem } from "node:os";
import { type PlannedRound, steps, victims } from "./plan";
import type { RoundResult } from "./round";

export function lineOf({ planned, outcome, task, reached, problems, seconds, secondsToEnd }: RoundResult, database: string): string {
  const { number, kind, victim, step, fate, delayMs, downMs } = planned;
  const how = `${number} ${kind}, ${victim} at '${step}'${reached ? "" : " (which did not come)"}, ${fate}, +${delayMs} ms, down ${downMs} ms, ${database}`;
  const end = `${outcome}${task?.error_code ? ` ${task.error_code}` : ""} after ${secondsToEnd.toFixed(1)} s, sent ${task?.attempts ?? 0}×, ${seconds.toFixed(1)} s`;
  return `${problems.length === 0 ? "ok    " : "WRONG "} ${how}: ${end}${problems.map((problem) => `\n       ${problem}`).join("")}`;
}

export function reportOf(results: readonly RoundResult[], run: { seed: number; began: Date; seconds: number }): string {
  const count = (test: (result: RoundResult) => boolean) => results.filter(test).length;
  const ends = results.map(({ secondsToEnd }) => secondsToEnd).sort((a, b) => a - b);
  const at = (share: number) => ends[Math.min(ends.length - 1, Math.floor(share * ends.length))]?.toFixed(1) ?? "–";
  const cell = (victim: PlannedRound["victim"], step: PlannedRound["step"]) =>
    count(({ planned }) => planned.victim === victim && planned.step === step);
  const wrong = count(({ problems }) => problems.length > 0);
  return [
    `${run.began.toISOString().slice(0, 10)}, \`npm run test:faults -- --rounds ${results.length} --seed ${run.seed}\`, ${Math.round(run.seconds)} s. ` +
      `${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}.`,
    "",
    `${results.length} rounds: ${count(({ outcome }) => outcome === "completed")} tasks completed, ${count(({ outcome }) => outcome === "failed")} failed and said why, ` +
      `${count(({ outcome }) => outcome === "not accepted")} were never accepted (their request was cut short); **${count(({ outcome }) => outcome === "not ended")} lost, ${wrong} rounds with something done twice, left over or untold**. ` +
      `From a program's end until the task had ended: p50 ${at(0.5)} s, p95 ${at(0.95)} s, longest ${at(1)} s.`,
    "",
    `| rounds, by what was ended and when | ${steps.join(" | ")} |`,
    `| --- | ${steps.map(() => "---").join(" | ")} |`,
    ...victims.map((victim) => `| ${victim} | ${steps.map((step) => cell(victim, step)).join(" | ")} |`),
  ].join("\n");
}
