import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Automatic, firstAutomatic, levelOf, levels, stepAutomatic } from "./quality";

const reading = (latency: number | null, bytesPerSecond = 2_000_000) => ({ latency, bytesPerSecond, picturesPerSecond: 20 });
const measured = (state: Automatic, seconds: number, latency: number | null, bytesPerSecond?: number) => {
  let now = state;
  for (let second = 0; second < seconds; second += 1) now = stepAutomatic(now, reading(latency, bytesPerSecond));
  return now;
};
const words = (state: Automatic) => levelOf("automatic", state).words;

describe("automatic quality", () => {
  it("begins balanced and becomes sharp where the way is clear, however long it is", () => {
    expect(words(firstAutomatic)).toBe("balanced");
    expect(words(measured(firstAutomatic, 20, 8))).toBe("sharp");
    expect(words(measured(firstAutomatic, 20, 280))).toBe("sharp");
  });

  it("steps down while pictures wait in line, to the lowest, and up again when they don't", () => {
    const clear = measured(firstAutomatic, 20, 20);
    const crowded = measured(clear, 20, 600);
    expect(words(crowded)).toBe("low");
    expect(words(measured(crowded, 400, 20))).toBe("sharp");
  });

  it("does not step down for what pictures aren't to blame for", () => {
    expect(words(measured(measured(firstAutomatic, 20, 20), 20, 600, 2_000))).toBe("sharp");
  });

  it("stays where it is while the agent answers no pings", () => {
    expect(measured(firstAutomatic, 100, null)).toEqual(firstAutomatic);
  });

  it("tries a better one ever more seldom where none holds", () => {
    let state = measured(firstAutomatic, 3, 20);
    let changes = 0;
    for (let second = 0; second < 600; second += 1) {
      // Sharp pictures are more than this line carries.
      const next = stepAutomatic(state, reading(state.at === 0 ? 500 : 20));
      if (next.at !== state.at) changes += 1;
      state = next;
    }
    expect(changes).toBeGreaterThan(2);
    expect(changes).toBeLessThan(20);
  });

  it("is always one of the levels, whatever is measured", () => {
    const some = fc.record({
      latency: fc.option(fc.double({ min: 0, max: 60_000, noNaN: true })),
      bytesPerSecond: fc.double({ min: 0, max: 1e9, noNaN: true }),
      picturesPerSecond: fc.constant(1),
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 200, size: "max" }), (readings) => {
        const state = readings.reduce(stepAutomatic, firstAutomatic);
        expect(levels).toContain(levelOf("automatic", state));
      }),
    );
  });
});

it("what a person chose stays, whatever is measured", () => {
  const crowded = measured(firstAutomatic, 20, 900);
  expect([levelOf("sharp", crowded).quality, levelOf("balanced", crowded).quality, levelOf("low", firstAutomatic).quality]).toEqual([
    9, 6, 1,
  ]);
});
