import type { DesiredState, ObservedState, SessionPhase, SessionState } from "@berth/protocol/session-states";
import { expect, it } from "vitest";
import { sessionPhase, sessionState, statusMessage } from "./session-status";

const rows: [DesiredState, ObservedState, number, string | null, boolean, SessionState, SessionPhase][] = [
  ["running", "absent", 1, null, false, "pending", "Pending"],
  ["running", "absent", 1, null, true, "pending", "Pending"],
  ["running", "starting", 1, null, false, "pending", "Starting"],
  ["running", "running", 1, null, false, "running", "Running"],
  ["running", "running", 1, null, true, "running", "Unreachable"],
  ["running", "stopped", 2, null, false, "running", "Waking"],
  ["running", "starting", 2, null, false, "running", "Waking"],
  ["running", "frozen", 2, null, true, "running", "Unreachable"],
  ["hibernated", "running", 1, null, false, "hibernated", "Hibernating"],
  ["hibernated", "running", 1, null, true, "hibernated", "Unreachable"],
  ["hibernated", "stopped", 1, null, true, "hibernated", "Hibernated"],
  ["hibernated", "absent", 0, null, false, "hibernated", "Hibernated"],
  ["hibernated", "failed", 1, "CONTAINER_EXITED", false, "hibernated", "Failed"],
  ["terminated", "running", 1, null, false, "terminating", "Terminating"],
  ["terminated", "failed", 1, null, false, "terminating", "Terminating"],
  ["terminated", "failed", 1, "IMAGE_NOT_FOUND", false, "terminated", "Failed"],
  ["terminated", "removed", 1, null, true, "terminated", "Terminated"],
];

it.each(rows)(
  "desired %s, observed %s, generation %i, failure %s, agent offline %s: state %s, phase %s",
  (desired, observed, generation, failureCode, offline, state, phase) => {
    const session = { desired, observed, generation, failureCode };
    expect(sessionState(session)).toBe(state);
    expect(sessionPhase(session, offline)).toBe(phase);
  },
);

it.each([
  [1, "1st"],
  [2, "2nd"],
  [3, "3rd"],
  [4, "4th"],
  [11, "11th"],
  [112, "112th"],
  [121, "121st"],
])("who has %i before and including them in line is told %s", (position, words) => {
  const facts = { agent: null, reason: null, progress: null, revoked: false, queue: { position, of: 200 } };
  expect(statusMessage("Pending", facts)).toBe(`Waits for room: ${words} of 200`);
});
