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

test("failed tests are named with what they found, and a file that could not be loaded counts as one", () => {
  const file = report({
    numPassedTests: 5,
    numFailedTests: 1,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [
      {
        name: `${process.cwd()}/a.test.ts`,
        status: "failed",
        assertionResults: [{ status: "failed", fullName: "adds up", failureMessages: ["\u001b[31mexpected 3\u001b[39m\nfound 4"] }],
      },
      { name: `${process.cwd()}/b.test.ts`, status: "failed", message: "Cannot find module", assertionResults: [] },
      { status: "passed", assertionResults: [{ status: "passed" }] },
    ],
  });
  expect(countVitest(file)).toEqual({
    passed: 5,
    failed: 2,
    skipped: 0,
    failures: [
      { name: "a.test.ts › adds up", message: "expected 3\nfound 4" },
      { name: "b.test.ts", message: "Cannot find module" },
    ],
  });
});

test("errors of the browser tests outside any test count as failures", () => {
  const file = report({ stats: { expected: 3, unexpected: 0, flaky: 1, skipped: 2 }, errors: [{ message: "global setup failed" }] });
  expect(countPlaywright(file)).toEqual({
    passed: 4,
    failed: 1,
    skipped: 2,
    failures: [{ name: "outside of the journeys", message: "global setup failed" }],
  });
});

test("a failed journey is named, however deep it stands, with its last try's first lines", () => {
  const spec = (title, status, results) => ({ file: "viewer.e2e.ts", title, tests: [{ status, results }] });
  const long = Array.from({ length: 40 }, (_, line) => `line ${line}`).join("\n");
  const file = report({
    stats: { expected: 1, unexpected: 1, flaky: 0, skipped: 0 },
    suites: [
      {
        specs: [spec("works", "expected", [{}])],
        suites: [{ specs: [spec("breaks", "unexpected", [{ error: { message: "first try" } }, { error: { message: long } }])] }],
      },
    ],
  });
  const [failure, ...others] = countPlaywright(file).failures;
  expect(others).toEqual([]);
  expect(failure.name).toBe("viewer.e2e.ts › breaks");
  expect(failure.message.split("\n")).toHaveLength(12);
  expect(failure.message).toMatch(/^line 0\n/);
});

test("a runner that left no report counts nothing", () => {
  expect(countVitest(join(folder, "none.json"))).toEqual({ passed: 0, failed: 0, skipped: 0, failures: [] });
});

test("the closing line sums up, and names skipped tests only where there are some", () => {
  const counts = [
    { passed: 3, failed: 0, skipped: 0 },
    { passed: 4, failed: 1, skipped: 0 },
  ];
  expect(closingLine(counts)).toBe("7 passed, 1 failed");
  expect(closingLine([...counts, { passed: 0, failed: 0, skipped: 2 }])).toBe("7 passed, 1 failed, 2 skipped");
});
