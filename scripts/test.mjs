/**
 * `npm test`: installs what the tests need and runs them all: the rules of `npm run check`, vitest (on real PostgreSQL and a real container
 * engine), journeys in a real browser. Words after `npm test --` name steps: check, unit, engine, e2e.
 */
import { mkdirSync, rmSync } from "node:fs";
import { ensureBrowser } from "./lib/browser.mjs";
import { buildAll } from "./lib/build.mjs";
import { checkNode, ensureDependencies } from "./lib/dependencies.mjs";
import { ensureEngine } from "./lib/engine.mjs";
import { inventory, leftSince, removeLeftovers } from "./lib/engine-leftovers.mjs";
import { buildImagesApart } from "./lib/images-apart.mjs";
import { inRoot } from "./lib/paths.mjs";
import { runProgram, runSteps } from "./lib/run-step.mjs";
import { duration, Refusal, runMain, say } from "./lib/say.mjs";
import { ensureTestPrograms } from "./lib/test-programs.mjs";
import { closingLine, countPlaywright, countVitest } from "./lib/test-results.mjs";

const all = ["check", "unit", "engine", "e2e"];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : all;
const wants = (name) => wanted.includes(name);
const results = (name) => inRoot("test-results", name);
/** By step: what its runner counted, read at once, since the next runner may clear the folder. */
const counted = new Map();

async function vitest(project, env) {
  const args = ["run", "--project", project, "--reporter=default", "--reporter=json", `--outputFile.json=${results(`${project}.json`)}`];
  const code = await runProgram(process.execPath, [inRoot("node_modules/vitest/vitest.mjs"), ...args], { env });
  counted.set(project, countVitest(results(`${project}.json`)));
  return code === 0;
}

async function playwright(env) {
  const code = await runProgram(
    process.execPath,
    [inRoot("node_modules/@playwright/test/cli.js"), "test", "-c", "e2e/playwright.config.ts"],
    {
      env,
    },
  );
  counted.set("e2e", countPlaywright(results("e2e.json")));
  return code === 0;
}

async function main() {
  const unknown = wanted.find((name) => !all.includes(name));
  if (unknown) throw new Refusal(`There is no step ${unknown}; there are ${all.join(", ")}`);
  const started = Date.now();
  rmSync(inRoot("test-results"), { recursive: true, force: true });
  mkdirSync(inRoot("test-results"), { recursive: true });
  const needsEngine = wants("engine") || wants("e2e");
  const env = needsEngine ? { BERTH_TEST_ENGINE: "required" } : {};
  let inUse = null;
  let images = null;
  let before = null;

  let checking = null;
  const check = (quiet) => {
    checking ??= runProgram(process.execPath, [inRoot("scripts/check.mjs")], { quiet }).then((code) => code === 0);
    return checking;
  };

  let client = null;
  const typedClient = (quiet) => {
    client ??= runProgram(process.execPath, [inRoot("scripts/client-build.mjs")], { quiet }).then((code) => code === 0);
    return client;
  };

  const steps = [
    { name: "npm packages", run: () => ensureDependencies() ?? true },
    (wants("unit") || needsEngine) && {
      name: "browser and other programs",
      async run() {
        env.CHROMIUM_PATH = await ensureBrowser();
        return ensureTestPrograms();
      },
    },
    needsEngine && {
      name: "container engine",
      async run() {
        const found = await ensureEngine();
        if (!found.inUse) throw new Refusal(found.missing);
        inUse = found.inUse;
        env.DOCKER_HOST = inUse.engine.host;
        before = await inventory(inUse.engine.host);
        // Beside what follows: it waits for downloads more than for the processor.
        images = buildImagesApart(inUse.engine.host);
        return true;
      },
    },
    { name: "build", run: async () => (await buildAll()) ?? true },
    wants("unit") && { name: "unit tests", run: () => vitest("unit", env) },
    needsEngine && {
      name: "desktop images",
      async run() {
        if (!images) throw new Refusal("no container engine");
        await images.done;
        return true;
      },
    },
    wants("engine") && {
      name: "engine tests",
      run() {
        // They wait for containers most of the time; the rest needs one core, one after the other.
        void (wants("e2e") ? typedClient(true) : Promise.resolve()).then(() => wants("check") && check(true));
        return needEngine(inUse) && vitest("engine", env);
      },
    },
    wants("check") && { name: "check", run: () => check(false) },
    wants("e2e") && { name: "typed client", run: () => typedClient(false) },
    wants("e2e") && { name: "journeys in the browser", run: () => needEngine(inUse) && playwright(env) },
    needsEngine && { name: "nothing left behind", run: () => cleanUp(inUse, before) },
  ].filter(Boolean);

  const done = await runSteps(steps);
  images?.stop();
  if (inUse && (await inUse.leave())) say.done("The container engine was stopped");
  return finish(done, started);
}

function needEngine(inUse) {
  if (!inUse) throw new Refusal("not run: there is no container engine");
  return true;
}

/** Removes what this run left; on an engine that people use, only names it. */
async function cleanUp(inUse, before) {
  if (!inUse || !before) return false;
  const left = await leftSince(inUse.engine.host, before);
  const count = left.containers.length + left.volumes.length;
  if (count === 0) return true;
  say.note(
    `Left in the engine: ${[...left.containers.map((id) => `container ${id.slice(0, 12)}`), ...left.volumes.map((name) => `volume ${name}`)].join(", ")}`,
  );
  if (!inUse.ours && !process.env.CI) return true;
  await removeLeftovers(inUse.engine.host, left);
  return false;
}

/** A step that isn't a test runner counts as one failure when it fails, and so does a runner that failed without a failed test. */
function finish(done, started) {
  const runners = { "unit tests": "unit", "engine tests": "engine", "journeys in the browser": "e2e" };
  const counts = done.map(({ name, passed }) => {
    const count = counted.get(runners[name]) ?? { passed: 0, failed: 0, skipped: 0, failures: [] };
    return passed || count.failed > 0 ? count : { ...count, failed: 1 };
  });
  say.plain("");
  for (const { name, passed, took } of done) say.plain(`${passed ? "passed" : "FAILED"}  ${duration(took).padStart(12)}  ${name}`);
  say.plain(`        ${duration(Date.now() - started).padStart(12)}  in all`);
  say.plain("");
  for (const { name, message } of counts.flatMap((count) => count.failures)) say.failed(`${name}\n${message}\n`);
  const ranNone = counts.reduce((total, count) => total + count.passed + count.failed, 0) === 0 && wanted.some((name) => name !== "check");
  if (ranNone) say.failed("No test was run");
  say.plain(closingLine(counts));
  return done.every((step) => step.passed) && !ranNone ? 0 : 1;
}

await runMain(async () => {
  checkNode();
  process.exit(await main());
});
