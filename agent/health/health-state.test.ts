import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterRound, beginning, type HealthState } from "./health-state";

const at = (seconds: number) => new Date(seconds * 1000);
const rules = { failureThreshold: 3, startsUntil: at(30) };

/** Rounds ten seconds apart; a word is what the round lacked. */
const after = (rounds: readonly (string | null)[], state: HealthState = beginning(at(0))) =>
  rounds.reduce((before, problem, index) => afterRound(before, problem, at(10 * index), rules), state);

describe("what rounds of probes make of a session's health", () => {
  it("is healthy from the first round that all probes answered well", () => {
    expect(after([null])).toEqual({ health: "healthy", reason: null, since: at(0), failures: 0 });
  });

  it("does not count failures in the start period, and says what is lacking", () => {
    expect(after(["no", "no", "no"])).toMatchObject({ health: "starting", reason: "no", failures: 0 });
  });

  it("counts them from then on, and at once for one that was well before", () => {
    expect(after(["no", "no", "no", "no", "no"])).toMatchObject({ health: "starting", failures: 2 });
    expect(after(["no", "no", "no", "no", "no", "no"])).toMatchObject({ health: "unhealthy", since: at(50) });
    expect(after([null, "no", "no", "no"])).toMatchObject({ health: "unhealthy", reason: "no", since: at(30) });
  });

  it("is healthy after any rounds whose last was good, and unhealthy only where as many failed in a row as are allowed", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 8 }), (good, failureThreshold) => {
        let state = beginning(at(0));
        let inRow = 0;
        let wasWell = false;
        for (const [index, ok] of good.entries()) {
          const now = at(10 * index);
          const before = state;
          state = afterRound(state, ok ? null : "no", now, { ...rules, failureThreshold });
          const counts = wasWell || now >= rules.startsUntil;
          inRow = ok ? 0 : counts ? inRow + 1 : 0;
          wasWell ||= ok;
          expect(state.health === "unhealthy").toBe(!ok && inRow >= failureThreshold);
          if (ok) expect(state).toMatchObject({ health: "healthy", reason: null });
          expect(state.since).toEqual(state.health === before.health ? before.since : now);
          expect(state.reason === null).toBe(state.health === "healthy");
        }
      }),
    );
  });
});
