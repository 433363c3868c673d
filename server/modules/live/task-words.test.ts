import { describe, expect, it } from "vitest";
import type { BusEvent } from "../../platform/bus";
import { TestClock } from "../../testing/test-clock";
import { TASK_WORDS_MS, TaskWords } from "./task-words";

const word = (taskId: string, only?: "progress" | "end"): BusEvent => ({
  kind: "task",
  taskId,
  agentId: "a",
  sessionId: null,
  ...(only ? { only } : {}),
});

describe("how far a task is", () => {
  const told: BusEvent[] = [];
  const start = () => {
    told.length = 0;
    const clock = new TestClock();
    return { clock, words: new TaskWords(clock, (event) => void told.push(event)) };
  };

  it("is told at once, and then once in a while however often it is said", async () => {
    const { clock, words } = start();
    for (let turn = 0; turn < 50; turn += 1) words.take(word("one", "progress"));
    expect(told).toHaveLength(1);
    await clock.advance(TASK_WORDS_MS);
    expect(told).toHaveLength(2);
    await clock.advance(TASK_WORDS_MS);
    expect(told).toHaveLength(2);
    words.take(word("one", "progress"));
    expect(told).toHaveLength(3);
  });

  it("is told of each task by itself", () => {
    const { words } = start();
    for (const id of ["one", "two", "one", "two"]) words.take(word(id, "progress"));
    expect(told).toEqual([word("one", "progress"), word("two", "progress")]);
  });

  it.each([undefined, "end"] as const)("does not hold up its end (%s), after which nothing old is told", async (only) => {
    const { clock, words } = start();
    for (let turn = 0; turn < 3; turn += 1) words.take(word("one", "progress"));
    words.take(word("one", only));
    await clock.advance(10 * TASK_WORDS_MS);
    expect(told).toEqual([word("one", "progress"), word("one", only)]);
  });

  it("holds up nothing else", () => {
    const { words } = start();
    const other: BusEvent = { kind: "agent", agentId: "a" };
    words.take(word("one", "progress"));
    words.take(other);
    words.take(other);
    expect(told.slice(1)).toEqual([other, other]);
  });
});
