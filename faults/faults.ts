/** `npm run test:faults -- [--rounds N] [--seed N] [--only N] [--database embedded|beside]`. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { planRounds } from "./plan";
import { lineOf, reportOf } from "./report";
import { runRounds } from "./run-rounds";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "30" },
    seed: { type: "string" },
    only: { type: "string" },
    database: { type: "string" },
    markdown: { type: "string" },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const count = Number(values.rounds);
const databases = (["embedded", "beside"] as const).filter((database) => values.database === undefined || values.database === database);
if (databases.length === 0 || !Number.isInteger(seed) || !Number.isInteger(count) || count < 1) {
  process.stderr.write("--rounds and --seed are whole numbers, --rounds at least 1; --database is embedded or beside\n");
  process.exit(2);
}
const planned = planRounds(seed, count).filter(
  ({ number }) => values.only === undefined || values.only.split(",").includes(String(number)),
);
process.stdout.write(`${planned.length} rounds of seed ${seed}\n`);
const began = new Date();
const results = await runRounds(planned, {
  dockerHost: process.env.DOCKER_HOST,
  databases,
  told: (result, database) => process.stdout.write(`${lineOf(result, database)}\n`),
});
const report = reportOf(results, { seed, began, seconds: (Date.now() - began.getTime()) / 1000 });
process.stdout.write(`\n${report}\n`);
const bad = results.filter(({ problems }) => problems.length > 0);
for (const { planned: one, problems } of bad) process.stdout.write(`round ${one.number}: ${problems.join("; ")}\n`);
if (values.markdown && bad.length === 0) writeFileSync(values.markdown, `${report}\n`);
const missing = planned.length - results.length;
if (missing > 0) process.stdout.write(`${missing} rounds were not run\n`);
process.exit(bad.length === 0 && missing === 0 ? 0 : 1);
