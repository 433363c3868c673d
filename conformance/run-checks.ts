import { type Check, Difference, NotRun, NotServed, type Outcome, type Result } from "./check";

/** Longest that one check may take, whatever it waits for. */
const CHECK_TIMEOUT_MS = 60_000;

/** One after another, in the order given: several use what an earlier one made. `only` limits them to ids and sections. */
export async function runChecks<World>(
  checks: readonly Check<World>[],
  world: World,
  { only = [], told = () => {} }: { readonly only?: readonly string[]; told?(result: Result): void } = {},
): Promise<Result[]> {
  const results: Result[] = [];
  for (const check of checks) {
    if (only.length > 0 && !only.includes(check.id) && !only.includes(check.section)) continue;
    const started = performance.now();
    const outcome = await outcomeOf(check, world);
    const { id, section, says } = check;
    const result = { id, section, says, outcome, milliseconds: Math.round(performance.now() - started) };
    results.push(result);
    told(result);
  }
  return results;
}

async function outcomeOf<World>(check: Check<World>, world: World): Promise<Outcome> {
  let late: NodeJS.Timeout | undefined;
  try {
    const tooLate = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Difference("an end within a minute", "none", "the whole check")), CHECK_TIMEOUT_MS);
    });
    await Promise.race([check.run(world), tooLate]);
    return { kind: "passed" };
  } catch (error) {
    return outcomeOfError(error);
  } finally {
    clearTimeout(late);
  }
}

function outcomeOfError(error: unknown): Outcome {
  if (error instanceof Difference) return { kind: "differs", expected: error.expected, got: error.got, where: error.where };
  if (error instanceof NotServed) return { kind: "not served", got: error.got, where: error.where };
  if (error instanceof NotRun) return { kind: "not run", why: error.why, notGiven: error.notGiven };
  const got = error instanceof Error ? error.message : String(error);
  return { kind: "differs", expected: "an answer", got, where: "the connection" };
}
