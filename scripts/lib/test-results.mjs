/** What the two test runners counted, and which tests failed of what, from their JSON reports. */
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

const nothing = { passed: 0, failed: 0, skipped: 0, failures: [] };
/** Lines of a failure's message that the end of a run repeats: enough to know what was expected, wherever only the end is kept. */
const MESSAGE_LINES = 12;

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

const failure = (name, message) => ({
  name,
  message: stripVTControlCharacters(message ?? "")
    .trim()
    .split("\n")
    .slice(0, MESSAGE_LINES)
    .join("\n"),
});

/** A file that couldn't be loaded counts as one failure: its tests were never known. */
export function countVitest(file) {
  const report = read(file);
  if (!report) return nothing;
  const failedTests = (suite) => suite.assertionResults.filter((test) => test.status === "failed");
  const unloaded = report.testResults.filter((suite) => suite.status === "failed" && failedTests(suite).length === 0);
  const place = (suite) => relative(process.cwd(), suite.name ?? "");
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: [
      ...report.testResults.flatMap((suite) =>
        failedTests(suite).map((test) => failure(`${place(suite)} › ${test.fullName}`, test.failureMessages?.[0])),
      ),
      ...unloaded.map((suite) => failure(place(suite), suite.message)),
    ],
  };
}

/** One that passed only when tried again counts as passed. Errors outside tests count as failures. */
export function countPlaywright(file) {
  const report = read(file);
  if (!report) return nothing;
  const { expected, unexpected, flaky, skipped } = report.stats;
  const errors = report.errors ?? [];
  return {
    passed: expected + flaky,
    failed: unexpected + errors.length,
    skipped,
    failures: [
      ...(report.suites ?? []).flatMap(failedJourneys),
      ...errors.map((error) => failure("outside of the journeys", error.message)),
    ],
  };
}

function failedJourneys(suite) {
  const specs = (suite.specs ?? []).flatMap((spec) =>
    spec.tests
      .filter((test) => test.status === "unexpected")
      .map((test) => failure(`${spec.file} › ${spec.title}`, test.results.at(-1)?.error?.message)),
  );
  return [...specs, ...(suite.suites ?? []).flatMap(failedJourneys)];
}

/** `N passed, N failed`, with the skipped where there are some. */
export function closingLine(counts) {
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  const skipped = sum("skipped") > 0 ? `, ${sum("skipped")} skipped` : "";
  return `${sum("passed")} passed, ${sum("failed")} failed${skipped}`;
}
