import { describe, expect, it } from "vitest";
import { type LogLine, type TaskDetail, taskPending, taskSteps, withNewLines } from "./task-steps";

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 12, 0, seconds)).toISOString();
const queued: TaskDetail = {
  id: "0f8b6a4e-1111-4000-8000-000000000001",
  kind: "docker.pull",
  state: "queued",
  agentId: "host-1",
  session: null,
  subject: null,
  priority: 0,
  attempts: 0,
  progress: null,
  errorCode: null,
  errorMessage: null,
  createdAt: at(0),
  sentAt: null,
  finishedAt: null,
  payload: { image: "app" },
  result: null,
  selector: null,
  timeoutSeconds: 300,
  notBefore: null,
  retries: 0,
  retried: 0,
  idempotencyKey: null,
  cancelAskedAt: null,
  generation: 1,
  deliveredBy: null,
  offered: false,
  deadlineAt: null,
  acknowledgedAt: null,
  logLines: 0,
};
const now = Date.parse(at(10));

describe("the timeline of a task", () => {
  it("says by which way it went, how long each step took, and how it ended", () => {
    const done = {
      ...queued,
      state: "completed",
      attempts: 1,
      sentAt: at(1),
      acknowledgedAt: at(2),
      finishedAt: at(5),
      deliveredBy: "poll",
    } as const;
    expect(taskSteps(done).map(({ word, note, tone }) => [word, note, tone])).toEqual([
      ["Created", null, "plain"],
      ["Sent", "to host-1 when it asked for tasks", "plain"],
      ["Acknowledged", "after 1.00 s", "plain"],
      ["Completed", "took 3.00 s", "good"],
    ]);
    expect(taskPending(done, now)).toBeNull();
  });

  it("has an end that was asked for where it stands in time", () => {
    const cancelled = { ...queued, state: "acknowledged", sentAt: at(1), acknowledgedAt: at(2), cancelAskedAt: at(3) } as const;
    expect(taskSteps(cancelled).map(({ word }) => word)).toEqual(["Created", "Sent", "Acknowledged", "Cancel asked for"]);
    expect(taskPending(cancelled, now)).toBe("Waiting for host-1 to stop");
  });

  it("says what is waited for", () => {
    expect(taskPending(queued, now)).toBe("Waiting until host-1 can take it");
    expect(taskPending({ ...queued, agentId: null }, now)).toBe("Waiting for an agent that has all it needs");
    expect(taskPending({ ...queued, notBefore: at(30) }, now)).toBe("Waiting for its time");
    expect(taskPending({ ...queued, notBefore: at(30), retried: 1 }, now)).toBe("Waiting for the next try");
    expect(taskPending({ ...queued, notBefore: at(5) }, now)).toBe("Waiting until host-1 can take it");
    expect(taskPending({ ...queued, state: "sent" }, now)).toBe("Waiting for host-1 to acknowledge it");
  });
});

describe("the log of a task", () => {
  const line = (number: number): LogLine => ({ number, at: at(number), level: "info", message: `line ${number}` });

  it("takes each line once, whichever answer it came with", () => {
    const lines = withNewLines([line(1), line(2)], [line(2), line(3)]);
    expect(lines.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(withNewLines(lines, [line(3)])).toBe(lines);
  });
});
