import { expect, it } from "vitest";
import { countdownWords, idleLeft } from "./idle-countdown";

const MINUTE = 60_000;
const idleTimeoutMs = 30 * MINUTE;
const facts = { idleAt: 100 * MINUTE, idleTimeoutMs, lastInput: null };

it("warns in the last two minutes, and until it has happened", () => {
  const at = (minute: number) => idleLeft({ ...facts, now: minute * MINUTE });
  expect([97, 98, 99, 100, 101].map(at)).toEqual([null, 2 * MINUTE, MINUTE, 0, 0]);
});

it("counts what was typed here since, which the server has not heard of yet", () => {
  expect(idleLeft({ ...facts, now: 99 * MINUTE, lastInput: 99 * MINUTE })).toBeNull();
  expect(idleLeft({ ...facts, now: 99 * MINUTE, lastInput: 20 * MINUTE })).toBe(MINUTE);
});

it("does not warn from the beginning where the time-out is short, and never where there is none", () => {
  const short = { idleAt: 2 * MINUTE, idleTimeoutMs: MINUTE, lastInput: null };
  expect(idleLeft({ ...short, now: MINUTE })).toBeNull();
  expect(idleLeft({ ...short, now: 1.5 * MINUTE })).toBe(30_000);
  expect(idleLeft({ ...facts, idleAt: null, now: 0 })).toBeNull();
  expect(idleLeft({ ...facts, idleTimeoutMs: 0, now: 100 * MINUTE })).toBeNull();
});

it("says how much is left as a clock does", () => {
  expect([102_000, 60_000, 6_100, 0].map(countdownWords)).toEqual(["1:42", "1:00", "0:07", "0:00"]);
});
