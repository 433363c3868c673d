import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { closingLine, countPlaywright, countVitest } from "./test-results.mjs";

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-results-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function report(content) {
  const file = join(folder, "report.json");
  writeFileSync(file, JSON.stringify(content));
  return file;
}

test("a test file that could not be loaded counts as a failure", () => {
  const file = report({
    numPassedTests: 5,
    numFailedTests: 1,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [
      { status: "failed", assertionResults: [{ status: "failed" }] },
      { status: "failed", assertionResults: [] },
      { status: "passed", assertionResults: [{ status: "passed" }] },
    ],
  });
  expect(countVitest(file)).toEqual({ passed: 5, failed: 2, skipped: 0 });
});

test("errors of the browser tests outside any test count as failures", () => {
  const file = report({ stats: { expected: 3, unexpected: 0, flaky: 1, skipped: 2 }, errors: [{ message: "global setup failed" }] });
  expect(countPlaywright(file)).toEqual({ passed: 4, failed: 1, skipped: 2 });
});

test("a runner that left no report counts nothing", () => {
  expect(countVitest(join(folder, "none.json"))).toEqual({ passed: 0, failed: 0, skipped: 0 });
});

test("the closing line sums up, and names skipped tests only where there are some", () => {
  const counts = [
    { passed: 3, failed: 0, skipped: 0 },
    { passed: 4, failed: 1, skipped: 0 },
  ];
  expect(closingLine(counts)).toBe("7 passed, 1 failed");
  expect(closingLine([...counts, { passed: 0, failed: 0, skipped: 2 }])).toBe("7 passed, 1 failed, 2 skipped");
});
