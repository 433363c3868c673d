import { describe, expect, it } from "vitest";
import type { SessionEventKind } from "../../../server/modules/sessions/sessions-schema";
import { lastStart, timelineSteps } from "./timeline-steps";

const origin = Date.UTC(2026, 10, 22, 12);
let next = 0;
const event = (kind: SessionEventKind, after: number) => ({
  id: String(++next),
  at: new Date(origin + after).toISOString(),
  kind,
  message: "",
  actor: null,
});

describe("a session's timeline", () => {
  it("says how long each step of a start took", () => {
    const steps = timelineSteps([
      event("requested", 0),
      event("placed", 12),
      event("container_started", 400),
      event("display_ready", 900),
      event("running", 910),
    ]);
    expect(steps.map((step) => [step.kind, step.took])).toEqual([
      ["requested", null],
      ["placed", 12],
      ["container_started", 388],
      ["display_ready", 500],
      ["running", 10],
    ]);
  });

  it("counts a wake from the wake, not from the first start", () => {
    const steps = timelineSteps([
      event("requested", 0),
      event("running", 900),
      event("hibernated", 50_000),
      event("wake_requested", 90_000),
      event("running", 90_300),
    ]);
    expect(steps.at(-1)?.took).toBe(300);
  });

  it("puts events in order whatever order they came in, later ids last within a millisecond", () => {
    const [one, two, three] = [event("requested", 0), event("placed", 5), event("command_sent", 5)];
    expect(timelineSteps([three, one, two]).map((step) => step.kind)).toEqual(["requested", "placed", "command_sent"]);
  });

  it("gives the visits of viewers no duration", () => {
    expect(timelineSteps([event("requested", 0), event("running", 10), event("viewer_opened", 5000)]).at(-1)?.took).toBeNull();
  });
});

describe("the last start", () => {
  it("goes from the click to the first frame", () => {
    const { start } = lastStart([event("requested", 0), event("running", 700), event("viewer_opened", 720), event("first_frame", 840)]);
    expect(start).toEqual({ totalMs: 840, endedBy: "first_frame" });
  });

  it("has no total while it is under way", () => {
    const { start, steps } = lastStart([event("requested", 0), event("placed", 10)]);
    expect(start).toEqual({ totalMs: null, endedBy: null });
    expect(steps).toHaveLength(2);
  });

  it("ends with the failure that stopped it", () => {
    expect(lastStart([event("requested", 0), event("image_pulling", 10), event("failed", 2000)]).start).toEqual({
      totalMs: 2000,
      endedBy: "failed",
    });
  });

  it("leaves out what was before it", () => {
    const { steps } = lastStart([event("requested", 0), event("running", 10), event("hibernated", 20), event("wake_requested", 30)]);
    expect(steps.map((step) => step.kind)).toEqual(["wake_requested"]);
  });
});
