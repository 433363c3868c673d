import { describe, expect, it } from "vitest";
import { type ArrivalFacts, arrivalSteps } from "./arrival-steps";

const nothing: ArrivalFacts = {
  usedBy: null,
  revoked: false,
  awaitsApproval: false,
  connected: false,
  tasksOnly: false,
  inventory: false,
  currentSessions: 0,
  capacity: null,
};
const states = (facts: Partial<ArrivalFacts>) => arrivalSteps({ ...nothing, ...facts }).map((step) => step.state);

describe("an agent's arrival", () => {
  it("waits for the command first", () => {
    expect(states({})).toEqual(["now", "next", "next", "next"]);
  });

  it("goes on step by step", () => {
    expect(states({ usedBy: "host-1" })).toEqual(["done", "done", "now", "next"]);
    expect(states({ usedBy: "host-1", connected: true })).toEqual(["done", "done", "done", "now"]);
    expect(states({ usedBy: "host-1", connected: true, inventory: true })).toEqual(["done", "done", "done", "done"]);
  });

  it("stays where it is while the key waits for approval", () => {
    expect(states({ usedBy: "host-1", awaitsApproval: true })).toEqual(["done", "now", "next", "next"]);
    expect(arrivalSteps({ ...nothing, usedBy: "host-1", awaitsApproval: true })[1]?.note).toContain("approved on its page");
  });

  it("says what room the host offers and what was found on it", () => {
    const last = arrivalSteps({
      ...nothing,
      usedBy: "host-1",
      connected: true,
      inventory: true,
      currentSessions: 2,
      capacity: { cpu: 8, memory: 16 },
    }).at(-1);
    expect(last?.note).toBe("It offers 8 CPU and 16 GiB; 2 sessions found there.");
  });

  it("says when the token was revoked while waiting", () => {
    expect(arrivalSteps({ ...nothing, revoked: true })[0]?.note).toMatch(/revoked/);
  });
});
