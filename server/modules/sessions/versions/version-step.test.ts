import { describe, expect, it } from "vitest";
import { patienceMs, type SeenOfSession, type StoredUpdate, stepUpdate } from "./version-step";

const GATE_MS = 30_000;
const now = new Date("2026-11-22T10:00:00Z");
const ago = (ms: number) => new Date(now.getTime() - ms);
const update = (more: Partial<StoredUpdate> = {}): StoredUpdate => ({
  status: "checking",
  pulled: true,
  generation: 2,
  healthySince: null,
  giveUpAt: ago(-patienceMs(GATE_MS)),
  ...more,
});
const session = (more: Partial<SeenOfSession> = {}): SeenOfSession => ({
  desired: "running",
  observed: "running",
  generation: 2,
  failureCode: null,
  failureMessage: null,
  reachable: true,
  stranded: false,
  health: "healthy",
  ...more,
});
const step = (of: Partial<StoredUpdate>, seen: Partial<SeenOfSession> = {}) => stepUpdate(update(of), session(seen), now, GATE_MS);

describe("a new version that runs", () => {
  it("is kept once it was healthy for its time on end", () => {
    expect(step({})).toEqual({ kind: "check", healthySince: now });
    expect(step({ healthySince: ago(GATE_MS - 1) })).toEqual({ kind: "wait" });
    expect(step({ healthySince: ago(GATE_MS) })).toMatchObject({ kind: "end", status: "done" });
  });

  it("is given up as soon as it is unhealthy", () => {
    expect(step({ healthySince: ago(GATE_MS) }, { health: "unhealthy" })).toMatchObject({ kind: "roll_back" });
  });

  it("has its time begin anew where it was not healthy in between, or was started again", () => {
    expect(step({ healthySince: ago(GATE_MS) }, { health: "starting" })).toEqual({ kind: "check", healthySince: null });
    expect(step({ healthySince: ago(GATE_MS) }, { generation: 3 })).toEqual({ kind: "check", healthySince: now });
  });

  it("is given up where it is never healthy for long enough, but not while nobody can ask", () => {
    expect(step({ giveUpAt: now }, { health: "starting" })).toMatchObject({ kind: "roll_back" });
    expect(step({ giveUpAt: now }, { health: "unknown" })).toEqual({ kind: "wait" });
  });
});

describe("an update whose session goes its own way", () => {
  it("waits for the next wake where it is hibernated under it, and for its agent where that is away", () => {
    expect(step({}, { desired: "hibernated", observed: "stopped" })).toEqual({ kind: "arm" });
    expect(step({ status: "replacing" }, { desired: "hibernated", observed: "running" })).toEqual({ kind: "wait" });
    expect(step({}, { desired: "hibernated", observed: "failed", reachable: false })).toEqual({ kind: "wait" });
    expect(step({}, { desired: "hibernated", observed: "failed" })).toMatchObject({ kind: "roll_back" });
  });

  it("ends where the session or its agent does", () => {
    expect(step({ status: "pulling" }, { desired: "terminated" })).toMatchObject({ kind: "end", status: "cancelled" });
    expect(step({}, { stranded: true })).toMatchObject({ kind: "end", status: "failed" });
  });

  it("takes nothing away before the image is there and the session has settled", () => {
    expect(step({ status: "pulling", pulled: false })).toEqual({ kind: "wait" });
    expect(step({ status: "pulling" }, { observed: "starting" })).toEqual({ kind: "wait" });
    expect(step({ status: "pulling" })).toEqual({ kind: "replace" });
    expect(step({ status: "pulling" }, { desired: "hibernated", observed: "failed" })).toEqual({ kind: "arm" });
  });
});
