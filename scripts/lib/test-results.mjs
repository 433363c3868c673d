/** What the two test runners counted, from their JSON reports. */
import { existsSync, readFileSync } from "node:fs";

const nothing = { passed: 0, failed: 0, skipped: 0 };

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

/** A file that couldn't be loaded counts as one failure: its tests were never known. */
export function countVitest(file) {
  const report = read(file);
  if (!report) return nothing;
  const unloaded = report.testResults.filter(
    (suite) => suite.status === "failed" && !suite.assertionResults.some((test) => test.status === "failed"),
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** One that passed only when tried again counts as passed. Errors outside tests count as failures. */
export function countPlaywright(file) {
  const report = read(file);
  if (!report) return nothing;
  const { expected, unexpected, flaky, skipped } = report.stats;
  return { passed: expected + flaky, failed: unexpected + (report.errors?.length ?? 0), skipped };
}

/** `N passed, N failed`, with the skipped where there are some. */
export function closingLine(counts) {
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  const skipped = sum("skipped") > 0 ? `, ${sum("skipped")} skipped` : "";
  return `${sum("passed")} passed, ${sum("failed")} failed${skipped}`;
}
