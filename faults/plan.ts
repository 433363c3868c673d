/** Which task is cut short where: every kind of task, at every step of its life, by the end of every program. Pure, from a seed. */
import { Seeded } from "./seeded";

export const victims = ["agent", "control plane", "PostgreSQL"] as const;
export type Victim = (typeof victims)[number];

/**
 * `asked`: the request is under way or was just answered. `queued`: written, and not sent. `sent`: on its way to the agent. `acknowledged`:
 * the agent's word for it is on its way back. `progress`: so is its first word of progress. `engine asked`: what it asks of the engine is on
 * its way there. `engine done`: so is the engine's answer. `result`: the agent's result is on its way. `recorded`: it is over.
 */
export const steps = ["asked", "queued", "sent", "acknowledged", "progress", "engine asked", "engine done", "result", "recorded"] as const;
export type FaultStep = (typeof steps)[number];

export const kinds = [
  "docker.run",
  "docker.pull",
  "docker.stop",
  "docker.remove",
  "session.start",
  "session.hibernate",
  "session.wake",
  "session.stop",
] as const;
export type FaultKind = (typeof kinds)[number];

/** These tell nothing on the way. */
const silent: readonly FaultKind[] = ["docker.stop", "docker.remove", "session.hibernate", "session.stop"];
/** These are refused while their agent is away. */
const needsAgent: readonly FaultKind[] = ["session.start", "session.hibernate", "session.wake"];

export interface PlannedRound {
  readonly number: number;
  readonly kind: FaultKind;
  readonly victim: Victim;
  readonly step: FaultStep;
  /** What was on its way when the program ended: still arrives, or is gone with it. */
  readonly fate: "deliver" | "lose";
  /** Milliseconds: after the step was reached, until the end. */
  readonly delayMs: number;
  /** Milliseconds from the end until the program is started again. */
  readonly downMs: number;
  /** Which of the things that a task asks of the engine. */
  readonly callNumber: number;
}

type Case = Pick<PlannedRound, "kind" | "victim" | "step">;

export const everyCase: readonly Case[] = kinds.flatMap((kind) =>
  steps
    .filter((step) => !(step === "progress" && silent.includes(kind)) && !(step === "queued" && needsAgent.includes(kind)))
    .flatMap((step) => victims.map((victim) => ({ kind, victim, step }))),
);

/**
 * The rounds of a seed. Few rounds already have each kind, victim and step; as many as there are cases have every one of them, and more
 * begin again with other delays. A round is the same however many come after it.
 */
export function planRounds(seed: number, count: number): PlannedRound[] {
  const rounds: PlannedRound[] = [];
  for (let turn = 0; rounds.length < count; turn++) {
    for (const one of spread(new Seeded(seed + turn).shuffled(everyCase))) {
      if (rounds.length === count) break;
      const number = rounds.length + 1;
      const random = new Seeded(seed * 1_000_003 + number);
      rounds.push({
        number,
        ...one,
        fate: random.pick(["deliver", "lose"]),
        // Half of them at once: that is where the narrowest gaps are.
        delayMs: random.below(2) === 0 ? 0 : random.below(60),
        downMs: random.below(2) === 0 ? 0 : random.below(1500),
        callNumber: random.below(2),
      });
    }
  }
  return rounds;
}

/** What was seen least comes next. */
function spread(cases: readonly Case[]): Case[] {
  const left = [...cases];
  const seen = new Map<string, number>();
  const times = (word: string) => seen.get(word) ?? 0;
  const out: Case[] = [];
  while (left.length > 0) {
    const score = ({ kind, victim, step }: Case) =>
      [kind, victim, step].reduce((sum, word) => sum + times(word), 0) + 3 * times(`${victim} ${step}`);
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    left.forEach((one, index) => {
      if (score(one) < least) [best, least] = [index, score(one)];
    });
    for (const one of left.splice(best, 1)) {
      out.push(one);
      for (const word of [one.kind, one.victim, one.step, `${one.victim} ${one.step}`]) seen.set(word, times(word) + 1);
    }
  }
  return out;
}
