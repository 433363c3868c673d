import { expect, test } from "vitest";
import { everyCase, kinds, planRounds, steps, victims } from "./plan";

test("the same seed plans the same rounds, and more rounds begin with the same ones", () => {
  expect(planRounds(7, 400).slice(0, 30)).toEqual(planRounds(7, 30));
  expect(planRounds(8, 30)).not.toEqual(planRounds(7, 30));
});

test("as many rounds as there are cases have each of them once", () => {
  const words = planRounds(3, everyCase.length).map(({ kind, victim, step }) => `${kind} ${victim} ${step}`);
  expect(new Set(words).size).toBe(everyCase.length);
  expect(everyCase.length).toBeLessThanOrEqual(200);
});

test.each([1, 2, 3])("a dozen rounds of seed %i end every program, cut short every kind of task, and come to every step", (seed) => {
  const rounds = planRounds(seed, 12);
  expect(new Set(rounds.map(({ victim }) => victim))).toEqual(new Set(victims));
  expect(new Set(rounds.map(({ kind }) => kind))).toEqual(new Set(kinds));
  expect(new Set(rounds.map(({ step }) => step))).toEqual(new Set(steps));
});

test("twenty-seven rounds end every program at every step", () => {
  expect(new Set(planRounds(5, 27).map(({ victim, step }) => `${victim} ${step}`)).size).toBe(victims.length * steps.length);
});
