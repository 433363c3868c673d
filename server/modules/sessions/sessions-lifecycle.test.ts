import { desiredStateSchema, type ObservedState, observedStateSchema } from "@berth/protocol/session-states";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOver, type StoredSession, sessionPhase, sessionState } from "./session-status";
import { owedTask, type SessionEvent, step } from "./sessions-lifecycle";

const stored = (
  desired: StoredSession["desired"],
  observed: ObservedState,
  generation = 1,
  failureCode: string | null = null,
): StoredSession => ({
  desired,
  observed,
  generation,
  failureCode,
});
const saw = (observed: ObservedState, generation = 1): SessionEvent => ({
  kind: "reported",
  generation,
  observed,
  code: null,
  message: null,
});
const failed = (task: "start" | "wake" | "hibernate" | "stop", generation = 1): SessionEvent => ({
  kind: "task_failed",
  task,
  generation,
  code: "IMAGE_NOT_FOUND",
  message: "no such image",
});

/** The outcome in a few words: `running/starting gen=1 [start] !Failed`. */
function outcome(from: StoredSession, event: SessionEvent): string {
  const stepped = step(from, event);
  if (!stepped.ok) return "refused";
  if (!stepped.change) return "-";
  const { next, task } = stepped.change;
  const words = [`${next.desired}/${next.observed}`];
  if (next.generation !== from.generation) words.push(`gen=${next.generation}`);
  if (task) words.push(`[${task}]`);
  if (next.failureCode) words.push(`!${next.failureCode}`);
  return words.join(" ");
}

const events: Record<string, SessionEvent> = {
  hibernate: { kind: "hibernate" },
  idle: { kind: "idle" },
  wake: { kind: "wake" },
  replace: { kind: "replace" },
  terminate: { kind: "terminate" },
  force: { kind: "force_terminate" },
  never_sent: { kind: "never_sent" },
  placed: { kind: "placed" },
  starting: saw("starting"),
  running: saw("running"),
  frozen: saw("frozen"),
  stopped: saw("stopped"),
  died: saw("failed"),
  removed: saw("removed"),
  absent: saw("absent"),
  older: saw("running", 0),
  start_failed: failed("start"),
  wake_failed: failed("wake"),
  hibernate_failed: failed("hibernate"),
  stop_failed: failed("stop"),
  missing: { kind: "missing" },
};

const GONE = "!CONTAINER_EXITED";
const NO_IMAGE = "!IMAGE_NOT_FOUND";
/** Of every session that has not ended, whatever it was doing. */
const ended = { replace: "refused", force: "terminated/removed", never_sent: "terminated/removed" };
/** Of every session that is not to be terminated: a first start that failed ends it, a wake leaves it hibernated. */
const failedStart = { start_failed: `terminated/failed ${NO_IMAGE}`, wake_failed: `hibernated/failed ${NO_IMAGE}` };
/** Its container is gone, and nobody asked for that. */
const lost = (left: "terminated" | "hibernated") => {
  const outcome = `${left}/failed ${GONE}`;
  return { died: outcome, removed: outcome, missing: outcome };
};
/** What every (state × event) pair comes to; an event that a row doesn't name changes nothing. */
const table: [StoredSession, Record<string, string>][] = [
  [
    stored("running", "absent"),
    {
      hibernate: "refused",
      wake: "refused",
      terminate: "terminated/absent [stop]",
      ...ended,
      starting: "running/starting",
      running: "running/running",
      ...lost("terminated"),
      ...failedStart,
    },
  ],
  [
    stored("running", "starting"),
    {
      hibernate: "refused",
      wake: "refused",
      terminate: "terminated/starting [stop]",
      ...ended,
      running: "running/running",
      ...lost("terminated"),
      ...failedStart,
    },
  ],
  [
    stored("running", "running"),
    {
      hibernate: "hibernated/running [hibernate]",
      idle: "hibernated/running [hibernate]",
      wake: "refused",
      terminate: "terminated/running [stop]",
      ...ended,
      replace: "running/stopped gen=2 [wake]",
      starting: "running/starting",
      frozen: "hibernated/frozen",
      stopped: `hibernated/failed ${GONE}`,
      ...lost("hibernated"),
      ...failedStart,
    },
  ],
  ...(["frozen", "stopped", "failed", "removed"] as const).map((observed): [StoredSession, Record<string, string>] => [
    stored("running", observed),
    {
      hibernate: `hibernated/${observed} [hibernate]`,
      idle: `hibernated/${observed} [hibernate]`,
      wake: "refused",
      terminate: `terminated/${observed} [stop]`,
      ...ended,
      starting: "running/starting",
      running: "running/running",
      ...lost("hibernated"),
      ...failedStart,
    },
  ]),
  [
    stored("hibernated", "absent"),
    {
      hibernate: "refused",
      wake: "running/absent gen=2 [wake]",
      terminate: "terminated/absent [stop]",
      ...ended,
      running: "hibernated/running",
      frozen: "hibernated/frozen",
      stopped: "hibernated/stopped",
      ...failedStart,
    },
  ],
  ...(["starting", "running"] as const).map((observed): [StoredSession, Record<string, string>] => [
    stored("hibernated", observed),
    {
      hibernate: "refused",
      wake: "running/stopped gen=2 [wake]",
      terminate: `terminated/${observed} [stop]`,
      ...ended,
      ...(observed === "running" ? { starting: "hibernated/starting" } : { running: "hibernated/running" }),
      frozen: "hibernated/frozen",
      stopped: "hibernated/stopped",
      died: `hibernated/failed ${GONE}`,
      removed: "hibernated/removed",
      missing: "hibernated/removed",
      ...failedStart,
      hibernate_failed: `running/${observed}`,
    },
  ]),
  ...(["frozen", "stopped"] as const).map((observed): [StoredSession, Record<string, string>] => [
    stored("hibernated", observed),
    {
      hibernate: "refused",
      wake: `running/${observed} gen=2 [wake]`,
      terminate: `terminated/${observed} [stop]`,
      ...ended,
      running: "hibernated/running",
      ...(observed === "frozen" ? { stopped: "hibernated/stopped", died: `hibernated/failed ${GONE}` } : { frozen: "hibernated/frozen" }),
      removed: "hibernated/removed",
      missing: "hibernated/removed",
      ...failedStart,
    },
  ]),
  [
    stored("hibernated", "failed", 1, "CONTAINER_EXITED"),
    {
      hibernate: "refused",
      wake: "running/failed gen=2 [wake]",
      terminate: "terminated/failed [stop]",
      ...ended,
      replace: "running/stopped gen=2 [wake]",
      running: "hibernated/running",
      ...failedStart,
    },
  ],
  [
    stored("hibernated", "removed"),
    {
      hibernate: "refused",
      wake: "running/removed gen=2 [wake]",
      terminate: "terminated/removed [stop]",
      ...ended,
      running: "hibernated/running",
      frozen: "hibernated/frozen",
      stopped: "hibernated/stopped",
      ...failedStart,
    },
  ],
  ...(["absent", "starting", "running", "frozen", "stopped", "failed"] as const).map(
    (observed): [StoredSession, Record<string, string>] => [
      stored("terminated", observed),
      {
        hibernate: "refused",
        wake: "refused",
        terminate: `terminated/${observed} [stop]`,
        ...ended,
        ...Object.fromEntries(
          [
            ["starting", "starting"],
            ["running", "running"],
            ["frozen", "frozen"],
            ["stopped", "stopped"],
            ["died", "failed"],
          ]
            .filter(([, seen]) => seen !== observed)
            .map(([event, seen]) => [event, `terminated/${seen}`]),
        ),
        removed: "terminated/removed",
        missing: "terminated/removed",
        stop_failed: `terminated/${observed}`,
      },
    ],
  ),
  [stored("terminated", "removed"), { hibernate: "refused", wake: "refused", replace: "refused", terminate: "refused" }],
  [
    stored("terminated", "failed", 1, "IMAGE_NOT_FOUND"),
    { hibernate: "refused", wake: "refused", replace: "refused", terminate: "refused" },
  ],
];

describe("a session that waits for an agent", () => {
  it("is started once it has one, and ends at once where it is ended before", () => {
    const waiting = stored("running", "absent", 0);
    expect(outcome(waiting, { kind: "placed" })).toBe("running/absent gen=1 [start]");
    expect(outcome(stored("hibernated", "absent", 0), { kind: "placed" })).toBe("-");
    expect(outcome(waiting, { kind: "terminate" })).toBe("terminated/removed");
    expect(outcome(waiting, { kind: "hibernate" })).toBe("refused");
    expect(outcome(waiting, failed("start", 0))).toBe("terminated/failed !IMAGE_NOT_FOUND");
  });
});

describe("what every event does in every state", () => {
  it("has a row for every state", () => {
    const rows = new Set(table.map(([from]) => `${from.desired}/${from.observed}`));
    for (const desired of desiredStateSchema.options)
      for (const observed of observedStateSchema.options) expect(rows).toContain(`${desired}/${observed}`);
  });

  for (const [from, expected] of table) {
    it(`${from.desired}/${from.observed}${from.failureCode ? " after a failure" : ""}`, () => {
      const actual = Object.fromEntries(Object.entries(events).map(([name, event]) => [name, outcome(from, event)]));
      expect(actual).toEqual(Object.fromEntries(Object.keys(events).map((name) => [name, expected[name] ?? "-"])));
    });
  }

  it("ends a session that was never started without asking an agent", () => {
    expect(outcome(stored("hibernated", "absent", 0), { kind: "terminate" })).toBe("terminated/removed");
    expect(outcome(stored("hibernated", "absent", 0), { kind: "wake" })).toBe("running/absent gen=1 [start]");
  });

  it("adopts a container that runs or can be woken, never one that is older than the session", () => {
    const ended = stored("terminated", "removed", 3);
    expect(outcome(ended, { kind: "adopted", generation: 3, observed: "running" })).toBe("running/running");
    expect(outcome(ended, { kind: "adopted", generation: 4, observed: "stopped" })).toBe("hibernated/stopped gen=4");
    expect(outcome(ended, { kind: "adopted", generation: 2, observed: "running" })).toBe("refused");
    expect(outcome(ended, { kind: "adopted", generation: 3, observed: "failed" })).toBe("refused");
  });
});

describe("any history", () => {
  const observed = fc.constantFrom(...observedStateSchema.options);
  const generation = fc.integer({ min: -1, max: 0 });
  /** Reports are of the generation of now or of the one before. */
  const happening = fc.oneof(
    fc
      .constantFrom(
        "hibernate" as const,
        "idle" as const,
        "wake" as const,
        "replace" as const,
        "terminate" as const,
        "never_sent" as const,
        "missing" as const,
      )
      .map((kind) => () => ({ kind }) satisfies SessionEvent),
    fc.tuple(observed, generation).map(
      ([seen, back]) =>
        (now: StoredSession) =>
          saw(seen, now.generation + back),
    ),
    fc.tuple(fc.constantFrom("start" as const, "wake" as const, "hibernate" as const, "stop" as const), generation).map(
      ([task, back]) =>
        (now: StoredSession) =>
          failed(task, now.generation + back),
    ),
  );
  const walk = (
    happenings: readonly ((now: StoredSession) => SessionEvent)[],
    start: StoredSession,
    each: (before: StoredSession, after: StoredSession) => void,
  ): StoredSession => {
    let now = start;
    for (const next of happenings) {
      const stepped = step(now, next(now));
      const after = stepped.ok && stepped.change ? stepped.change.next : now;
      each(now, after);
      now = after;
    }
    return now;
  };
  const begin = fc.constantFrom(stored("running", "absent", 1), stored("hibernated", "absent", 0));

  it("never lowers the generation and never leaves an ended session", () => {
    fc.assert(
      fc.property(begin, fc.array(happening, { maxLength: 40, size: "max" }), (start, happenings) => {
        walk(happenings, start, (before, after) => {
          expect(after.generation).toBeGreaterThanOrEqual(before.generation);
          if (isOver(before)) expect(after).toEqual(before);
        });
      }),
      { numRuns: 2_000 },
    );
  });

  it("is never stuck: from anywhere, asking to terminate and an agent that does it end the session", () => {
    fc.assert(
      fc.property(begin, fc.array(happening, { maxLength: 40, size: "max" }), (start, happenings) => {
        const somewhere = walk(happenings, start, () => {});
        const ended = walk([() => ({ kind: "terminate" }), (now) => saw("removed", now.generation)], somewhere, () => {});
        expect(isOver(ended)).toBe(true);
        const forced = walk([() => ({ kind: "force_terminate" })], somewhere, () => {});
        expect(isOver(forced)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("always has something that may be asked, a task that is owed, or a start under way", () => {
    fc.assert(
      fc.property(begin, fc.array(happening, { maxLength: 40, size: "max" }), (start, happenings) => {
        const now = walk(happenings, start, () => {});
        const asked = (["hibernate", "wake", "terminate"] as const).some((kind) => step(now, { kind }).ok);
        expect(isOver(now) || asked || owedTask(now) !== null).toBe(true);
        expect(sessionState(now)).toBeTypeOf("string");
        expect(sessionPhase(now, false)).not.toBe("Unreachable");
      }),
    );
  });
});
