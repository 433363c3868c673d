import { expect, test } from "vitest";
import { interruptPresses } from "./interrupt-presses.mjs";

test("one Ctrl-C that arrives from the terminal and again from npm is one press; a later one is the second", () => {
  let time = 1000;
  const pressed = interruptPresses(() => time);
  expect(pressed()).toBe(1);
  time += 40;
  expect(pressed()).toBe(1);
  time += 2000;
  expect(pressed()).toBe(2);
});
