import fc from "fast-check";
import { expect, it } from "vitest";
import { MAX_ATTEMPTS, pauseAfter } from "./webhook-retries";

it("a webhook is tried for about a day, at ever longer pauses that differ by chance", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (random) => {
      const pauses = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, n) => pauseAfter(n + 1, random));
      expect([...pauses].sort((a, b) => a - b)).toEqual(pauses);
      const hours = pauses.reduce((sum, pause) => sum + pause, 0) / 3_600_000;
      expect(hours).toBeGreaterThan(18);
      expect(hours).toBeLessThan(28);
    }),
  );
  expect(pauseAfter(1, 0)).toBeLessThan(pauseAfter(1, 1));
});
