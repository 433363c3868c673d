/**
 * `npm run test:storm [-- AGENTS]`: a fleet in memory, enrolled at the product as it ships, loses its control plane at once: killed and started again, and
 * all connections cut. All come back within a minute, and none is told offline or online. `BERTH_STORM_SEED` asks for the same backoffs again.
 */
import { buildAll } from "./lib/build.mjs";
import { checkNode, ensureDependencies } from "./lib/dependencies.mjs";
import { inRoot } from "./lib/paths.mjs";
import { runProgram } from "./lib/run-step.mjs";
import { Refusal, runMain } from "./lib/say.mjs";

const DEFAULT_AGENTS = 60;
const agents = Number(process.argv[2] ?? DEFAULT_AGENTS);
const seed = process.env.BERTH_STORM_SEED ?? String(Math.floor(Math.random() * 2 ** 31));

await runMain(async () => {
  if (!Number.isInteger(agents) || agents < 1) throw new Refusal(`'${process.argv[2]}' is no number of agents`);
  checkNode();
  ensureDependencies();
  await buildAll();
  const flags = ["--rungs", "0", "--floor", "0", "--storm", String(agents), "--seed", seed, "--demand"];
  process.exitCode = await runProgram(process.execPath, [inRoot("scripts/bench.mjs"), "fleet", "--quick", ...flags]);
});
