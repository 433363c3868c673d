import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ActivityGatherer } from "../activity";
import { ManualClock } from "../testing/manual-clock";
import { reconnectDelay } from "./backoff";
import { controlPlaneUrl, parseControlPlaneUrl } from "./control-plane-url";
import { readIncoming } from "./incoming";

describe("reconnecting", () => {
  it("waits at random up to a ceiling that doubles to 30 seconds", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, chance) => {
        const delay = reconnectDelay(attempt, () => chance);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(30_000);
      }),
    );
    expect([0, 1, 2, 6, 99].map((attempt) => reconnectDelay(attempt, () => 1))).toEqual([500, 1000, 2000, 30_000, 30_000]);
  });

  it("finds the control plane behind a path of its own", () => {
    const base = parseControlPlaneUrl("https://example.com/berth/?x=1#y", false);
    expect(controlPlaneUrl(base, "/agent/ws?a=b").href).toBe("https://example.com/berth/agent/ws?a=b");
  });
});

describe("what comes from the control plane", () => {
  it("is a message or a refusal that fits the wire, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.record({ type: fc.constantFrom("command", "register_ack", "x".repeat(5000)) }).map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const read = readIncoming(text);
          if ("refusal" in read) expect(read.refusal.message.length).toBeLessThanOrEqual(1000);
        },
      ),
    );
  });
});

describe("input of viewers", () => {
  it("is told at most every 15 seconds, with the last time of each session, and kept while it can't be sent", () => {
    const clock = new ManualClock();
    const told: unknown[] = [];
    let connected = false;
    const gatherer = new ActivityGatherer("a", clock, (message) => {
      if (connected) told.push(message.sessions);
      return connected;
    });
    gatherer.note("one");
    clock.advance(5000);
    gatherer.note("one");
    clock.advance(10_000);
    expect(told).toEqual([]);
    connected = true;
    clock.advance(15_000);
    expect(told).toEqual([[{ session_id: "one", last_input_at: "2026-11-22T10:00:05.000Z" }]]);
    clock.advance(60_000);
    expect(told).toHaveLength(1);
  });
});
