import { once } from "node:events";
import { connect, Socket } from "node:net";
import type { FromAgent } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { systemIds } from "../platform/ids";
import { createLog } from "../platform/log";
import { TestClock } from "../testing/test-clock";
import { startUpgradeServer } from "../testing/upgrade-server";
import { MAX_BAD_FRAMES } from "./agent-connection";
import { AgentSockets } from "./agent-sockets";
import type { AgentIdentity, ChannelHandler } from "./channel-handler";

const agents: Record<string, AgentIdentity> = {
  "Bearer one": { agentId: "11111111-1111-4111-8111-111111111111", name: "docker-host-01" },
  "Bearer two": { agentId: "22222222-2222-4222-8222-222222222222", name: "docker-host-02" },
};
const first = agents["Bearer one"] as AgentIdentity;
const register = { type: "register", agent_id: first.name, platform: "docker", capacity: { max_sessions: 5 } };
const heartbeat = { type: "heartbeat", agent_id: first.name, timestamp: "2026-11-22T10:00:00Z" };

/** Writes down what it is called with; a test replaces what it needs. */
class Inbox implements ChannelHandler {
  readonly calls: string[] = [];
  readonly messages: FromAgent[] = [];
  handle: (message: FromAgent) => Promise<void> = async () => {};
  register: () => Promise<{ heartbeatIntervalSeconds: number }> = async () => ({ heartbeatIntervalSeconds: 10 });

  async authenticate({ authorization, agentName }: { authorization: string | null; agentName: string | null }) {
    const agent = agents[authorization ?? ""];
    if (!agent) throw new BerthError("AUTH_TOKEN_INVALID", "The agent's secret is not known");
    if (agentName !== agent.name) throw new BerthError("AUTH_INSUFFICIENT_PERMISSIONS", `The credential is that of '${agent.name}'`);
    return agent;
  }
  async registered(agent: AgentIdentity, connectionId: string) {
    const reply = await this.register();
    this.calls.push(`registered ${agent.name} ${connectionId}`);
    return reply;
  }
  async received(_: AgentIdentity, __: string, message: FromAgent) {
    await this.handle(message);
    this.messages.push(message);
  }
  async disconnected(agent: AgentIdentity, connectionId: string, reason: string) {
    this.calls.push(`disconnected ${agent.name} ${connectionId} ${reason}`);
  }
}

let inbox: Inbox;
let clock: TestClock;
let sockets: AgentSockets;
let server: Awaited<ReturnType<typeof startUpgradeServer>>;
let nextId = 0;

beforeEach(async () => {
  nextId = 0;
  inbox = new Inbox();
  clock = new TestClock();
  sockets = new AgentSockets({ handler: inbox, clock, log: createLog("silent"), ids: { ...systemIds, uuid: () => `conn-${++nextId}` } });
  server = await startUpgradeServer((request, socket, head) => sockets.upgrade(request, socket, head));
});
afterEach(() => server.close());

function dial(secret = "one", name = first.name) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/agent/ws?agent_id=${name}&platform=docker`, {
    headers: { authorization: `Bearer ${secret}` },
  });
  const received: { type: string; code?: string; message?: string; [key: string]: unknown }[] = [];
  socket.on("message", (data) => received.push(JSON.parse(data.toString())));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  return { socket, received, closed, say: (message: unknown) => socket.send(JSON.stringify(message)) };
}

/** Lets what is on its way over loopback arrive; being late here three times running is what the tests that use it would fail on. */
async function turns() {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function registered(secret = "one", name = first.name) {
  const agent = dial(secret, name);
  await once(agent.socket, "open");
  agent.say({ ...register, agent_id: name });
  await vi.waitFor(() => expect(agent.received[0]?.type).toBe("register_ack"));
  return agent;
}

describe("getting in", () => {
  it.each([
    ["no credential", {}, 401],
    ["a foreign credential", { authorization: "Bearer three" }, 401],
    ["a cookie alone", { cookie: "berth-session=admin" }, 401],
    ["another agent's credential", { authorization: "Bearer two" }, 403],
  ])("refuses %s before the 101", async (_, headers, status) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/agent/ws?agent_id=${first.name}`, { headers });
    const [, response] = await once(socket, "unexpected-response");
    expect(response.statusCode).toBe(status);
    expect(response.headers.connection).toBe("close");
  });

  it.each(["agent_id=docker-host-02", "platform=docker"])(
    "refuses a right credential with '%s' even where the handler would not",
    async (query) => {
      inbox.authenticate = async () => first;
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/agent/ws?${query}`, { headers: { authorization: "Bearer one" } });
      expect((await once(socket, "unexpected-response"))[1].statusCode).toBe(403);
    },
  );

  it("answers a registration with the stored heartbeat interval", async () => {
    const agent = await registered();
    expect(agent.received[0]).toEqual({ type: "register_ack", agent_id: first.name, status: "registered", heartbeat_interval: "10s" });
    expect(sockets.isConnected(first.agentId)).toBe(true);
    expect(sockets.connectedCount()).toBe(1);
  });

  it("closes a connection that says nothing for ten seconds", async () => {
    const agent = dial();
    await once(agent.socket, "open");
    await clock.advance(10_000);
    expect(await agent.closed).toEqual({ code: 4001, reason: "no 'register' within 10 s" });
    expect(inbox.calls).toEqual([]);
  });

  it("closes a connection whose first message is another", async () => {
    const agent = dial();
    await once(agent.socket, "open");
    agent.say(heartbeat);
    expect((await agent.closed).code).toBe(4001);
    expect(agent.received[0]?.message).toBe("Send 'register' before 'heartbeat'");
  });

  it("refuses to register under another agent's name, whatever the URL said", async () => {
    const agent = dial();
    await once(agent.socket, "open");
    agent.say({ ...register, agent_id: "docker-host-02" });
    expect((await agent.closed).code).toBe(4003);
    expect(agent.received[0]?.code).toBe("AUTH_INSUFFICIENT_PERMISSIONS");
    expect(inbox.calls).toEqual([]);
  });

  it("lets a registration with a wrong field be sent again", async () => {
    const agent = dial();
    await once(agent.socket, "open");
    agent.say({ ...register, capacity: { max_sessions: "many" } });
    await vi.waitFor(() => expect(agent.received[0]?.message).toContain("capacity.max_sessions"));
    agent.say(register);
    await vi.waitFor(() => expect(agent.received[1]?.type).toBe("register_ack"));
  });

  it("tells why a registration was refused, and closes", async () => {
    inbox.register = async () => {
      throw new BerthError("AGENT_NOT_FOUND", "The agent was removed; enrol it again");
    };
    const agent = dial();
    await once(agent.socket, "open");
    agent.say(register);
    expect(await agent.closed).toEqual({ code: 4003, reason: "registration refused: The agent was removed; enrol it again" });
    expect(sockets.isConnected(first.agentId)).toBe(false);
  });
});

describe("messages", () => {
  it.each([
    ["no JSON", "{nope", "The frame is not JSON"],
    ["no object", "[]", "type: every message is an object"],
    ["an unknown type", '{"type":"teleport"}', "Unknown message type 'teleport'; known are register, heartbeat"],
    ["a wrong field", JSON.stringify({ ...heartbeat, capacity: { max_cpu: "x" } }), "heartbeat: capacity.max_cpu: "],
    ["a missing field", JSON.stringify({ type: "heartbeat", agent_id: first.name }), "heartbeat: timestamp: "],
    ["another agent's name", JSON.stringify({ ...heartbeat, agent_id: "docker-host-02" }), "agent_id: the credential is that of"],
    ["a second registration", JSON.stringify(register), "Already registered"],
    ["a 900 KB name", JSON.stringify({ ...heartbeat, agent_id: "x".repeat(900_000) }), "heartbeat: agent_id: "],
  ])("answers %s with an error and goes on", async (_, text, problem) => {
    const agent = await registered();
    agent.socket.send(text);
    await vi.waitFor(() => expect(agent.received[1]?.type).toBe("error"));
    expect(agent.received[1]?.message).toContain(problem);
    agent.say(heartbeat);
    await vi.waitFor(() => expect(inbox.messages).toHaveLength(1));
  });

  it("lets unknown fields pass", async () => {
    const agent = await registered();
    agent.say({ ...heartbeat, moon: "full" });
    await vi.waitFor(() => expect(inbox.messages).toHaveLength(1));
  });

  it("answers a binary frame with an error", async () => {
    const agent = await registered();
    agent.socket.send(Buffer.from(JSON.stringify(heartbeat)));
    await vi.waitFor(() => expect(agent.received[1]?.message).toContain("Binary frames"));
  });

  it("closes after a flood of bad frames", async () => {
    const agent = await registered();
    for (let sent = 0; sent < MAX_BAD_FRAMES; sent += 1) agent.socket.send("?");
    expect((await agent.closed).code).toBe(1008);
  });

  it("forgets bad frames with each heartbeat interval", async () => {
    const agent = await registered();
    for (let round = 1; round <= 2; round += 1) {
      for (let sent = 0; sent < MAX_BAD_FRAMES - 1; sent += 1) agent.socket.send("?");
      await vi.waitFor(() => expect(agent.received).toHaveLength(1 + round * (MAX_BAD_FRAMES - 1)));
      await clock.advance(10_000);
    }
    expect(sockets.isConnected(first.agentId)).toBe(true);
  });

  it("closes with 1009 on a message over the limit", async () => {
    const agent = await registered();
    agent.socket.send(`"${"x".repeat(2 * 1024 * 1024)}"`);
    expect((await agent.closed).code).toBe(1009);
    await vi.waitFor(() => expect(inbox.calls[1]).toContain("disconnected"));
  });

  it("tells the agent what the handler refused, with the command's id", async () => {
    inbox.handle = async () => {
      throw new BerthError("TASK_NOT_FOUND", "There is no command 'c1'");
    };
    const agent = await registered();
    agent.say({ type: "command_ack", command_id: "c1", agent_id: first.name, status: "acknowledged" });
    await vi.waitFor(() =>
      expect(agent.received[1]).toEqual({ type: "error", code: "TASK_NOT_FOUND", message: "There is no command 'c1'", command_id: "c1" }),
    );
  });

  it("handles one at a time and in order, and stops reading when far behind", async () => {
    let running = 0;
    let most = 0;
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    inbox.handle = async () => {
      most = Math.max(most, ++running);
      await gate;
      running -= 1;
    };
    const agent = await registered();
    const [ours] = [...server.sockets].filter((socket) => socket instanceof Socket);
    const padding = "x".repeat(50_000);
    for (let index = 0; index < 600; index += 1) agent.say({ ...heartbeat, timestamp: String(index), padding });
    await vi.waitFor(() => expect(ours?.isPaused()).toBe(true));
    const read = ours?.bytesRead ?? 0;
    expect(read).toBeLessThan(8_000_000);
    // Silent for longer than three intervals, but only because nobody reads it.
    for (let beat = 0; beat < 5; beat += 1) await clock.advance(10_000);
    expect(sockets.isConnected(first.agentId)).toBe(true);
    expect(ours?.bytesRead).toBe(read);
    open();
    await vi.waitFor(() => expect(inbox.messages).toHaveLength(600));
    const order = inbox.messages.map((message) => (message.type === "heartbeat" ? Number(message.timestamp) : -1));
    expect(order).toEqual([...Array(600).keys()]);
    expect(most).toBe(1);
  });
});

describe("staying and leaving", () => {
  it("keeps an agent that answers pings, and drops one that does not after three intervals", async () => {
    const agent = await registered();
    for (let beat = 0; beat < 6; beat += 1) {
      const ping = once(agent.socket, "ping");
      await clock.advance(10_000);
      await ping;
      await turns();
      expect(sockets.isConnected(first.agentId)).toBe(true);
    }
    const muted = new WebSocket(`ws://127.0.0.1:${server.port}/agent/ws?agent_id=docker-host-02`, {
      headers: { authorization: "Bearer two" },
      autoPong: false,
    });
    await once(muted, "open");
    muted.send(JSON.stringify({ ...register, agent_id: "docker-host-02" }));
    await once(muted, "message");
    const closed = once(muted, "close");
    for (let beat = 0; beat < 4; beat += 1) await clock.advance(10_000);
    await closed;
    await vi.waitFor(() => expect(inbox.calls.some((call) => call.endsWith("nothing heard for 30 s"))).toBe(true));
  });

  it("gives the place to a second connection and ends the first with its own id", async () => {
    const old = await registered();
    const fresh = await registered();
    expect(await old.closed).toEqual({ code: 4000, reason: "replaced by a newer connection" });
    expect(inbox.calls).toEqual([
      `registered ${first.name} conn-1`,
      `disconnected ${first.name} conn-1 replaced by a newer connection`,
      `registered ${first.name} conn-2`,
    ]);
    expect(sockets.send(first.agentId, { type: "inventory_request" })).toBe(true);
    await vi.waitFor(() => expect(fresh.received[1]).toEqual({ type: "inventory_request" }));
  });

  it("registers a second connection only when all that the first had sent is handled", async () => {
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    inbox.handle = () => gate;
    const old = await registered();
    old.say(heartbeat);
    old.say(heartbeat);
    const fresh = dial();
    await once(fresh.socket, "open");
    fresh.say(register);
    expect((await old.closed).code).toBe(4000);
    await turns();
    expect([inbox.calls, sockets.isConnected(first.agentId)]).toEqual([[`registered ${first.name} conn-1`], false]);
    open();
    await vi.waitFor(() => expect(fresh.received[0]?.type).toBe("register_ack"));
    expect(inbox.messages).toHaveLength(2);
    expect(inbox.calls.slice(1)).toEqual([expect.stringContaining("disconnected"), `registered ${first.name} conn-2`]);
  });

  it("leaves one connection, registered once, of many that come at the same moment", async () => {
    const rivals = Array.from({ length: 8 }, () => dial());
    await Promise.all(rivals.map((rival) => once(rival.socket, "open")));
    for (const rival of rivals) rival.say(register);
    await vi.waitFor(() => expect(rivals.filter((rival) => rival.socket.readyState === WebSocket.OPEN)).toHaveLength(1));
    await vi.waitFor(() => expect(sockets.connectedCount()).toBe(1));
    const open = new Set<string>();
    for (const call of inbox.calls) {
      const [what, , id = ""] = call.split(" ");
      if (what === "registered") expect(open.add(id).size).toBe(1);
      else expect(open.delete(id)).toBe(true);
    }
    expect(open.size).toBe(1);
  });

  it("handles what a closing agent had sent before it calls it gone", async () => {
    const agent = await registered();
    inbox.handle = () => new Promise((resolve) => setImmediate(resolve));
    for (let index = 0; index < 10; index += 1) agent.say(heartbeat);
    agent.socket.close(1000, "going down");
    await vi.waitFor(() => expect(inbox.calls).toHaveLength(2));
    expect(inbox.messages).toHaveLength(10);
    expect(inbox.calls[1]).toContain("going down");
    expect(sockets.send(first.agentId, { type: "inventory_request" })).toBe(false);
  });

  it("ends a disconnected agent at once and handles nothing more of it", async () => {
    const agent = await registered();
    let release: () => void = () => {};
    inbox.handle = () => new Promise((resolve) => (release = resolve));
    for (let index = 0; index < 5; index += 1) agent.say(heartbeat);
    await vi.waitFor(() => expect(release).not.toBe(undefined));
    await vi.waitFor(() => expect(agent.socket.bufferedAmount).toBe(0));
    sockets.disconnect(first.agentId, "the agent was revoked");
    expect(sockets.isConnected(first.agentId)).toBe(false);
    expect(await agent.closed).toEqual({ code: 4003, reason: "the agent was revoked" });
    release();
    await vi.waitFor(() => expect(inbox.calls.at(-1)).toContain("the agent was revoked"));
    expect(inbox.messages.length).toBeLessThanOrEqual(1);
  });

  it("cuts off an agent that does not read, with a bounded amount unsent", async () => {
    const agent = await registered();
    const before = process.memoryUsage().external + process.memoryUsage().heapUsed;
    agent.socket.pause();
    const command = { type: "command" as const, command_id: "c", command_type: "start_session", data: { filler: "x".repeat(500_000) } };
    let sent = 0;
    while (sent < 400 && sockets.send(first.agentId, command)) {
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(100);
    expect(process.memoryUsage().external + process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
    expect(sockets.isConnected(first.agentId)).toBe(false);
    await vi.waitFor(() => expect(inbox.calls.at(-1)).toContain("does not read"));
  });

  it("closes every connection when it stops", async () => {
    const agent = await registered();
    await sockets.close();
    expect((await agent.closed).code).toBe(1001);
    expect(inbox.calls[1]).toContain("stopping");
  });

  it("survives a peer that breaks off in the middle of a frame", async () => {
    const raw = connect(server.port, "127.0.0.1");
    raw.write(
      `GET /agent/ws?agent_id=${first.name} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer one\r\n\r\n",
    );
    await once(raw, "data");
    raw.write(Buffer.from([0x81, 0xff, 0, 0]));
    raw.destroy();
    const agent = await registered();
    expect(agent.received[0]?.type).toBe("register_ack");
  });
});
