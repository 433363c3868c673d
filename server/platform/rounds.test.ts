import { describe, expect, it, vi } from "vitest";
import { TestClock } from "../testing/test-clock";
import type { Bus, BusEvent } from "./bus";
import { createLog } from "./log";
import { Rounds, type RoundsOptions } from "./rounds";

const session: BusEvent = { kind: "session", sessionId: "s", userId: "u", agentId: null };

/** A bus of this process alone. */
function smallBus() {
  const listeners = new Set<(event: BusEvent) => void>();
  const bus: Bus = {
    publish: async (...events) => {
      for (const event of events) for (const listener of listeners) listener(event);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: async () => {},
  };
  return { bus, listeners };
}

function watched(options: Partial<RoundsOptions> = {}) {
  const clock = new TestClock();
  const log = createLog("silent");
  const warn = vi.spyOn(log, "warn");
  const open: { done: () => void; fail: (error: Error) => void }[] = [];
  let begun = 0;
  class Watched extends Rounds {
    held = false;
    sweep(): Promise<unknown> {
      begun += 1;
      if (!this.held) return Promise.resolve();
      return new Promise<void>((done, fail) => open.push({ done, fail }));
    }
  }
  const rounds = new Watched({ clock, log, everyMs: 1_000, failed: "it failed", ...options });
  return { rounds, clock, warn, open, begun: () => begun };
}

/** Until what was resolved has been heard of. */
const heard = async () => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe("rounds", () => {
  it("come on the clock, and at the start where that was asked for", async () => {
    const { rounds, clock, begun } = watched();
    rounds.start();
    expect(begun()).toBe(0);
    await clock.advance(3_000);
    expect(begun()).toBe(3);
    await rounds.stop();
    await clock.advance(3_000);
    expect(begun()).toBe(3);
    const eager = watched({ atStart: true });
    eager.rounds.start();
    expect(eager.begun()).toBe(1);
    await eager.rounds.stop();
  });

  it("look at what happens within some time together, and at once where it can't wait", async () => {
    const { bus, listeners } = smallBus();
    const { rounds, clock, begun } = watched({
      everyMs: 60_000,
      on: { bus, within: (event) => (event.kind === "session" ? 100 : event.kind === "queue" ? 0 : null) },
    });
    rounds.start();
    await bus.publish(session, { kind: "user", userId: "u" });
    await clock.advance(60);
    await bus.publish(session);
    await clock.advance(39);
    expect(begun()).toBe(0);
    await clock.advance(1);
    expect(begun()).toBe(1);
    await clock.advance(1_000);
    expect(begun()).toBe(1);
    await bus.publish({ kind: "queue" });
    expect(begun()).toBe(2);
    await rounds.stop();
    expect(listeners.size).toBe(0);
  });

  it("never overlap: those asked for during one are one after it, and stopping waits for the one under way alone", async () => {
    const { bus } = smallBus();
    const { rounds, open, begun } = watched({ everyMs: 60_000, on: { bus, within: () => 0 } });
    rounds.held = true;
    rounds.start();
    await bus.publish(session, session, session);
    expect(begun()).toBe(1);
    open.shift()?.done();
    await heard();
    expect(begun()).toBe(2);
    await bus.publish(session);
    const stopped = vi.fn();
    const stopping = rounds.stop().then(stopped);
    await heard();
    expect(stopped).not.toHaveBeenCalled();
    open.shift()?.done();
    await stopping;
    expect(begun()).toBe(2);
  });

  it("go on after one that failed, which is told with its error", async () => {
    const { rounds, clock, warn, open, begun } = watched();
    rounds.held = true;
    rounds.start();
    const first = clock.advance(1_000);
    const error = new Error("no database");
    open.shift()?.fail(error);
    await first;
    expect(warn.mock.calls).toEqual([[{ err: error }, "it failed"]]);
    rounds.held = false;
    await clock.advance(1_000);
    expect(begun()).toBe(2);
    await rounds.stop();
  });
});
