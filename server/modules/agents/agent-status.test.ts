import { expect, it } from "vitest";
import { type AgentFacts, agentStatus } from "./agent-status";

const now = new Date("2026-11-22T10:00:00Z");
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const well: AgentFacts = {
  connectionId: "c",
  connectedAt: ago(600),
  disconnectedAt: null,
  disconnectReason: null,
  lastHeartbeatAt: ago(5),
  heartbeatIntervalSeconds: 10,
  draining: false,
  drainStartedAt: null,
  degradedReason: null,
  revokedAt: null,
  approvedAt: ago(1000),
  createdAt: ago(1000),
};
const closed = { ...well, connectionId: null, disconnectReason: "peer went away", lastHeartbeatAt: ago(100) };
const beatsAlone = { ...well, connectionId: null, connectedAt: null, lastHeartbeatAt: ago(2) };

const rows: [string, Partial<AgentFacts>, string, RegExp | null][] = [
  ["well", well, "online", null],
  ["just connected, no heartbeat yet", { ...well, connectedAt: ago(2), lastHeartbeatAt: ago(900) }, "online", null],
  ["a heartbeat a little under three intervals ago", { ...well, lastHeartbeatAt: ago(29.9) }, "online", null],
  [
    "three intervals of silence on an open channel",
    { ...well, lastHeartbeatAt: ago(30) },
    "offline",
    /No heartbeat for 3 intervals of 10 s/,
  ],
  ["a slower agent has more time", { ...well, heartbeatIntervalSeconds: 60, lastHeartbeatAt: ago(100) }, "online", null],
  ["its channel has just closed", { ...closed, disconnectedAt: ago(1) }, "degraded", /connection closed: peer went away/],
  [
    "its channel closed three intervals ago",
    { ...closed, disconnectedAt: ago(30), lastHeartbeatAt: ago(30.1) },
    "offline",
    /connection closed/,
  ],
  ["it says that it is not well", { ...well, degradedReason: "engine does not answer" }, "degraded", /engine does not answer/],
  ["it is drained", { ...well, draining: true, degradedReason: "x" }, "draining", /no new sessions/],
  ["drained and gone", { ...closed, draining: true, disconnectedAt: ago(60) }, "offline", /connection closed/],
  ["it never connected", { ...well, connectionId: null, connectedAt: null, lastHeartbeatAt: null }, "offline", /not connected yet/],
  ["it never had a channel and sends heartbeats", { ...beatsAlone }, "online", /has no channel/],
  [
    "it sends heartbeats since its channel closed",
    { ...closed, disconnectedAt: ago(90), lastHeartbeatAt: ago(2) },
    "online",
    /has no channel/,
  ],
  ["by heartbeats it says that it is not well", { ...beatsAlone, degradedReason: "disk is full" }, "degraded", /disk is full/],
  ["by heartbeats alone, and drained", { ...beatsAlone, draining: true }, "draining", /no new sessions/],
  ["its heartbeats ended", { ...beatsAlone, lastHeartbeatAt: ago(30) }, "offline", /heartbeats ended/],
  ["its access was revoked", { ...well, revokedAt: ago(1) }, "offline", /revoked/],
];

it.each(rows)("%s: is as it should be", (_, facts, status, reason) => {
  const condition = agentStatus({ ...well, ...facts }, now);
  expect(condition.status).toBe(status);
  if (reason) expect(condition.reason).toMatch(reason);
  else expect(condition.reason).toBeNull();
});

it("says since when it has been offline", () => {
  expect(agentStatus({ ...closed, disconnectedAt: ago(45) }, now).since).toEqual(ago(45));
});
