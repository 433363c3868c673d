import { once } from "node:events";
import type { FromAgent } from "@berth/protocol/agent-messages";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { systemIds } from "../platform/ids";
import { createLog } from "../platform/log";
import { TestClock } from "../testing/test-clock";
import { startUpgradeServer } from "../testing/upgrade-server";
import { AgentSockets } from "./agent-sockets";

const identity = { agentId: "11111111-1111-4111-8111-111111111111", name: "docker-host-01" };
const heartbeat = { type: "heartbeat", agent_id: identity.name, timestamp: "2026-11-22T10:00:00Z" };

let handle: (message: FromAgent) => Promise<void>;
let clock: TestClock;
let sockets: AgentSockets;
let server: Awaited<ReturnType<typeof startUpgradeServer>>;

beforeEach(async () => {
  clock = new TestClock();
  const handler = {
    authenticate: async () => identity,
    registered: async () => ({ heartbeatIntervalSeconds: 10 }),
    received: (_: unknown, __: string, message: FromAgent) => handle(message),
    disconnected: async () => {},
  };
  sockets = new AgentSockets({ handler, clock, ids: systemIds, log: createLog("silent") });
  server = await startUpgradeServer((request, socket, head) => sockets.upgrade(request, socket, head));
});
afterEach(() => server.close());

async function registered() {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/agent/ws?agent_id=${identity.name}&platform=docker`);
  const received: { type: string; code?: string }[] = [];
  socket.on("message", (data) => received.push(JSON.parse(data.toString())));
  const closed = once(socket, "close");
  const say = (message: unknown) => socket.send(JSON.stringify(message));
  await once(socket, "open");
  say({ type: "register", agent_id: identity.name, platform: "docker", capacity: { max_sessions: 5 } });
  await vi.waitFor(() => expect(received[0]?.type).toBe("register_ack"));
  return { received, closed, say };
}

test("handles a message again that failed for a reason of ours, before those that came after it", async () => {
  const tried: string[] = [];
  let handled = 0;
  let away = true;
  handle = async (message) => {
    tried.push(message.type === "heartbeat" ? message.timestamp : message.type);
    if (away) throw new Error("the database is away");
    handled += 1;
  };
  const agent = await registered();
  agent.say(heartbeat);
  agent.say({ ...heartbeat, timestamp: "2026-11-22T10:00:10Z" });
  await vi.waitFor(() => expect(tried).toHaveLength(1));
  await clock.advanceOnceAwaited(50);
  await vi.waitFor(() => expect(tried).toHaveLength(2));
  away = false;
  await clock.advanceOnceAwaited(100);
  await vi.waitFor(() => expect(handled).toBe(2));
  expect(tried).toEqual([heartbeat.timestamp, heartbeat.timestamp, heartbeat.timestamp, "2026-11-22T10:00:10Z"]);
  expect(agent.received).toHaveLength(1);
});

test("gives a message up in the end, and has no patience with the next ones until one is handled", async () => {
  let tries = 0;
  handle = async () => {
    tries += 1;
    throw new Error("the database is away");
  };
  const agent = await registered();
  agent.say(heartbeat);
  for (let wait = 50; wait <= 6400; wait *= 2) await clock.advanceOnceAwaited(wait);
  await vi.waitFor(() => expect(agent.received[1]?.code).toBe("INTERNAL_ERROR"));
  expect(tries).toBe(9);
  agent.say(heartbeat);
  await vi.waitFor(() => expect(agent.received[2]?.code).toBe("INTERNAL_ERROR"));
  expect(tries).toBe(10);
});

test("does not hold up its end for a message that fails", async () => {
  let tries = 0;
  handle = async () => {
    tries += 1;
    throw new Error("the database is away");
  };
  const agent = await registered();
  agent.say(heartbeat);
  agent.say(heartbeat);
  await vi.waitFor(() => expect(tries).toBe(1));
  await sockets.close();
  expect((await agent.closed)[0]).toBe(1001);
});
