/** `npm run check`: the fast rules, without tests. Each is reported; one that fails fails the whole. */
import { generateClient } from "./lib/build.mjs";
import { ensureDependencies } from "./lib/dependencies.mjs";
import { inRoot } from "./lib/paths.mjs";
import { runProgram, runSteps } from "./lib/run-step.mjs";
import { runMain, say } from "./lib/say.mjs";

const bin = (path, args) =>
  runProgram(process.execPath, [inRoot("node_modules", path), ...args], { quiet: true }).then((code) => code === 0);

function report(problems) {
  for (const problem of problems) say.plain(`  ${problem}`);
  return problems.length === 0;
}

const steps = [
  { name: "formatting and lint", run: () => bin("@biomejs/biome/bin/biome", ["ci", "--max-diagnostics=50", "--colors=off", "."]) },
  { name: "types of the next routes", run: () => bin("next/dist/bin/next", ["typegen"]) },
  { name: "types", run: () => bin("typescript/bin/tsc", ["--noEmit", "-p", "tsconfig.json"]) },
  { name: "types of the agent", run: () => bin("typescript/bin/tsc", ["--noEmit", "-p", "agent/tsconfig.json"]) },
  {
    name: "imports",
    async run() {
      const { blindRules, importProblems } = await import("./lib/import-rules.mjs");
      const blind = await blindRules();
      for (const name of blind) say.plain(`  The rule ${name} doesn't find its planted violation: the check has gone blind`);
      return report(await importProblems()) && blind.length === 0;
    },
  },
  {
    name: "migrations reach the schema",
    run: async () => (await runProgram(process.execPath, [inRoot("scripts/migrate.mjs"), "diff"], { quiet: true })) === 0,
  },
  {
    name: "lengths and names of files",
    async run() {
      const { fileProblems } = await import("./lib/file-rules.mjs");
      return report(fileProblems());
    },
  },
];

await runMain(async () => {
  ensureDependencies();
  await generateClient();
  const results = await runSteps(steps);
  process.exitCode = results.every((result) => result.passed) ? 0 : 1;
});
