import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bulkActions, isEligible, runAll, toggled } from "./bulk";

const ids = ["a", "b", "c", "d", "e"];
const ada = { username: "ada", staff: false };

describe("choosing rows", () => {
  it("takes one in and out again", () => {
    const one = toggled(new Set(), ids, "b", null);
    expect([...one]).toEqual(["b"]);
    expect([...toggled(one, ids, "b", null)]).toEqual([]);
  });

  it("takes all between two in, in either direction, and out again", () => {
    const all = toggled(new Set(["b"]), ids, "d", "b");
    expect([...all].sort()).toEqual(["b", "c", "d"]);
    expect([...toggled(new Set(["d"]), ids, "b", "d")].sort()).toEqual(["b", "c", "d"]);
    expect([...toggled(all, ids, "c", "d")]).toEqual(["b"]);
  });

  it("is of the one alone where the last one is gone", () => {
    expect([...toggled(new Set(), ids, "d", "gone")]).toEqual(["d"]);
  });
});

describe("an action on many", () => {
  it("is done with each, never with more than five at once, and tells each that failed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 40 }), async (items) => {
        let underWay = 0;
        let most = 0;
        const settled: number[] = [];
        const { done, failed } = await runAll(
          items,
          async (item) => {
            most = Math.max(most, ++underWay);
            await Promise.resolve();
            underWay -= 1;
            if (item % 3 === 0) throw new Error(String(item));
          },
          (item) => settled.push(item),
        );
        expect(most).toBeLessThanOrEqual(5);
        expect([...settled].sort()).toEqual([...items].sort());
        expect([...done].sort()).toEqual(items.filter((item) => item % 3 !== 0).sort());
        expect(failed.map(({ item, error }) => [item, String(error)]).sort()).toEqual(
          items
            .filter((item) => item % 3 === 0)
            .map((item) => [item, `Error: ${item}`])
            .sort(),
        );
      }),
    );
  });

  it("is for sessions alone to which it can be done, of people who may", () => {
    const of = (
      state: "running" | "hibernated" | "terminated",
      phase: "Running" | "Hibernated" | "Hibernating" | "Terminated" | "Failed",
    ) => bulkActions.filter((action) => isEligible(action, { user: "ada", state, status: { phase } }, ada));
    expect(of("running", "Running")).toEqual(["hibernate", "terminate"]);
    expect(of("hibernated", "Hibernated")).toEqual(["wake", "terminate"]);
    expect(of("hibernated", "Hibernating")).toEqual(["terminate"]);
    expect(of("hibernated", "Failed")).toEqual(["wake", "terminate"]);
    expect(of("terminated", "Terminated")).toEqual(["delete"]);
    const others = { user: "bob", state: "running", status: { phase: "Running" } } as const;
    expect(isEligible("terminate", others, ada)).toBe(false);
    expect(isEligible("terminate", others, { username: "ada", staff: true })).toBe(true);
  });
});
