import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Failure } from "../../errors/read-failure";
import { firstViewerState, retryDelay, stepViewer, type ViewerEvent, type ViewerState } from "./viewer-machine";

const failure = (retryable: boolean): Failure => ({
  code: "AGENT_OFFLINE",
  message: "agent host-1 is offline",
  details: {},
  requestId: null,
  retryable,
});
const lost = (now = 0): ViewerEvent => ({ type: "lost", now, jitter: 0.5, why: "gone" });
const stateAfter = (...events: ViewerEvent[]): ViewerState => events.reduce(stepViewer, firstViewerState);

describe("a viewer's connection", () => {
  it("goes from a ticket over the connection to the first painted frame", () => {
    expect(stateAfter({ type: "ticket" }, { type: "connected" }, { type: "painted" })).toEqual({
      name: "painted",
      attempt: 1,
      failures: 0,
    });
  });

  it("waits longer after every failure in a row, up to 15 seconds", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 100].map((failures) => retryDelay(failures, 0.5))).toEqual([
      500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000,
    ]);
  });

  it("says why it waits and until when", () => {
    expect(stateAfter({ type: "ticket" }, lost(1000))).toEqual({ name: "waiting", attempt: 1, failures: 1, retryAt: 1500, why: "gone" });
  });

  it("starts to count anew once a frame was painted", () => {
    expect(
      stateAfter({ type: "ticket" }, lost(), { type: "retry" }, { type: "ticket" }, { type: "connected" }, { type: "painted" }).failures,
    ).toBe(0);
  });

  it("counts on when a connection breaks before its first frame", () => {
    expect(stateAfter({ type: "ticket" }, lost(), { type: "retry" }, { type: "ticket" }, { type: "connected" }, lost()).failures).toBe(2);
  });

  it("stops at a refusal that will not pass, until the person tries again", () => {
    const refused = stateAfter({ type: "refused", now: 0, jitter: 0.5, failure: failure(false) });
    expect(refused.name).toBe("refused");
    expect(stepViewer(refused, lost())).toBe(refused);
    expect(stepViewer(refused, { type: "retry" })).toMatchObject({ name: "opening", attempt: 2 });
  });

  it("takes no refusal once it has its ticket: that is an older try's", () => {
    const connecting = stateAfter({ type: "ticket" });
    for (const retryable of [true, false])
      expect(stepViewer(connecting, { type: "refused", now: 0, jitter: 0.5, failure: failure(retryable) })).toBe(connecting);
  });

  it("tries again by itself after a refusal that may pass", () => {
    expect(stateAfter({ type: "refused", now: 0, jitter: 0.5, failure: failure(true) })).toMatchObject({
      name: "waiting",
      why: "agent host-1 is offline",
    });
  });

  it("never starts two tries at once: the attempt grows only from waiting or refused, by one", () => {
    const event = fc.oneof(
      fc.constantFrom<ViewerEvent>({ type: "ticket" }, { type: "connected" }, { type: "painted" }, { type: "retry" }),
      fc.integer({ min: 0, max: 1e6 }).map(lost),
      fc.boolean().map((retryable): ViewerEvent => ({ type: "refused", now: 0, jitter: 0.5, failure: failure(retryable) })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40, size: "max" }), (events) => {
        let state = firstViewerState;
        for (const each of events) {
          const next = stepViewer(state, each);
          const grew = next.attempt - state.attempt;
          expect(grew === 0 || (grew === 1 && (state.name === "waiting" || state.name === "refused"))).toBe(true);
          state = next;
        }
      }),
    );
  });
});
