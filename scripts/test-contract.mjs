/**
 * `npm run test:contract [-- CASES]`: thousands of requests made from the document of the API, each answered as it says. Another seed each
 * time, which a failure names; `BERTH_CONTRACT_SEED` asks for the same ones again.
 */
import { ensureDependencies } from "./lib/dependencies.mjs";
import { inRoot } from "./lib/paths.mjs";
import { runProgram } from "./lib/run-step.mjs";
import { Refusal, runMain } from "./lib/say.mjs";

const DEFAULT_CASES = 5000;
const cases = Number(process.argv[2] ?? DEFAULT_CASES);
const seed = process.env.BERTH_CONTRACT_SEED ?? String(Math.floor(Math.random() * 2 ** 31));

await runMain(async () => {
  if (!Number.isInteger(cases) || cases < 1) throw new Refusal(`'${process.argv[2]}' is no number of cases`);
  await ensureDependencies();
  process.exitCode = await runProgram(
    process.execPath,
    [inRoot("node_modules/vitest/vitest.mjs"), "run", "--project", "unit", "server/rest/openapi-contract.test.ts"],
    { env: { BERTH_CONTRACT_CASES: String(cases), BERTH_CONTRACT_SEED: seed } },
  );
});
