/**
 * `npm run test:faults -- [--rounds N] [--seed N] [--only N,N] [--database embedded|beside]`: tasks whose agent, control plane or database is
 * killed at a step of their life. Two hundred rounds or more write their section of docs/benchmarks.md when all is well.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAll } from "./lib/build.mjs";
import { checkNode, ensureDependencies } from "./lib/dependencies.mjs";
import { ensureEngine } from "./lib/engine.mjs";
import { buildImagesApart } from "./lib/images-apart.mjs";
import { inRoot } from "./lib/paths.mjs";
import { runProgram } from "./lib/run-step.mjs";
import { Refusal, runMain } from "./lib/say.mjs";

const ROUNDS_TO_WRITE_DOWN = 200;
const [begin, end] = ["<!-- faults -->", "<!-- /faults -->"];

async function main(words) {
  await ensureDependencies();
  const { inUse, missing } = await ensureEngine();
  if (!inUse) throw new Refusal(missing);
  const folder = mkdtempSync(join(tmpdir(), "berth-faults-"));
  try {
    const images = buildImagesApart(inUse.engine.host);
    await buildAll();
    await images.done;
    const program = await bundle();
    const markdown = join(folder, "section.md");
    const env = { DOCKER_HOST: inUse.engine.host, BERTH_ROOT: inRoot() };
    const code = await runProgram(process.execPath, [program, ...words, "--markdown", markdown], { env });
    const at = words.indexOf("--rounds");
    const whole = at >= 0 && Number(words[at + 1]) >= ROUNDS_TO_WRITE_DOWN && !words.includes("--only") && !words.includes("--database");
    if (code === 0 && whole) writeDown(readFileSync(markdown, "utf8"));
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await inUse.leave();
  }
}

async function bundle() {
  const { build } = await import("esbuild");
  const outfile = inRoot("dist/faults.mjs");
  await build({
    entryPoints: [inRoot("faults/faults.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    tsconfig: inRoot("tsconfig.base.json"),
    logLevel: "warning",
  });
  return outfile;
}

function writeDown(section) {
  const path = inRoot("docs/benchmarks.md");
  const text = readFileSync(path, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md lacks the markers ${begin} and ${end}`);
  writeFileSync(path, `${text.slice(0, from + begin.length)}\n\n${section.trim()}\n\n${text.slice(to)}`);
}

await runMain(async () => {
  checkNode();
  process.exit(await main(process.argv.slice(2)));
});
