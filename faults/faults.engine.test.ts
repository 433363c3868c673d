import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { planRounds } from "./plan";
import { root } from "./program";
import { runRounds } from "./run-rounds";

/** Has every kind of task and each program, with either database. Another seed is another day's find: `npm run test:faults` takes a new one each time. */
const SEED = 12;
/** Each alone takes some seconds; a machine with more to do is given its time. */
const LIMIT_MS = 300_000;

test.each([
  ["the control plane's own database", "embedded" as const, planRounds(SEED, 8).slice(0, 4)],
  ["a database beside it", "beside" as const, planRounds(SEED, 8).slice(4)],
])(
  "with %s no task is lost, done twice or left without an end where agent, control plane or PostgreSQL is killed",
  async (_, database, rounds) => {
    if (!existsSync(join(root, "dist/server.mjs")))
      throw new Error("run `npm run build` first: these tests are of the programs as they ship");
    const results = await runRounds(rounds, { dockerHost: process.env.DOCKER_HOST, databases: [database], told: () => {} });
    const wrong = results.filter(({ problems }) => problems.length > 0);
    expect(wrong.map(({ planned, problems }) => ({ ...planned, problems }))).toEqual([]);
    expect(results).toHaveLength(rounds.length);
  },
  LIMIT_MS,
);
