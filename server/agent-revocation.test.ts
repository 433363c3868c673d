import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { accessEnds } from "./access-ends";
import type { Asker } from "./modules/users/users-schema";
import { systemClock } from "./platform/clock";
import { openPostgresBus } from "./platform/db/postgres-bus";
import { systemIds } from "./platform/ids";
import { Metrics } from "./platform/metrics";
import { askDoor, knock } from "./testing/door-calls";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";
import { FakeGateway } from "./testing/fake-agent";
import type { SocketAgent } from "./testing/socket-agent";
import { createCaller } from "./trpc/app-router";
import { wireModules } from "./wire-modules";

let kit: DoorKit;
let owner: Asker;
let admin: Asker;
let agent: SocketAgent & { readonly id: string };
let session: { readonly id: string };
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  kit = await startDoorKit();
  owner = await makeAsker(kit);
  admin = await makeAsker(kit, "admin");
  // As main does.
  const stop = accessEnds({
    ...{ bus: kit.bus, clock: kit.clock, log: kit.log, sockets: kit.doors.sockets, broker: kit.doors.broker },
    agentsHere: () => [...kit.doors.agents.agentIds(), ...kit.doors.broker.agentIds()],
    revokedAgents: (ids) => kit.services.agentRevocation.gone(ids),
    disconnect: (id, reason) => kit.doors.agents.disconnect(id, reason),
    accessEpoch: async () => 0,
    endedLogins: async () => [],
  });
  ends.push(stop, () => kit.close());
});
afterAll(async () => {
  for (const end of ends) await end();
});
beforeEach(async () => {
  agent = await kit.connectAgent(`host-${kit.ids.suffix()}`);
  session = await kit.callerOf(owner).sessions.create({ template: "terminal-desktop", agentId: agent.name });
  await vi.waitFor(async () => expect((await get()).status.phase).toBe("Running"));
});

const get = () => kit.callerOf(owner).sessions.get({ id: session.id });
const revoke = () => kit.callerOf(admin).agents.remove({ id: agent.name });
const logs = `/api/v1/sessions`;

/** A viewer's WebSocket that is open. */
async function view(): Promise<WebSocket> {
  const { url } = await kit.callerOf(owner).sessions.openViewer({ id: session.id });
  const socket = new WebSocket(`ws://127.0.0.1:${kit.port}${url}`, { headers: { origin: kit.publicUrl.origin } });
  socket.on("error", () => {});
  await once(socket, "open");
  return socket;
}
const follow = async () => {
  const authorization = `Bearer ${await kit.tokenOf(owner)}`;
  const socket = new WebSocket(`ws://127.0.0.1:${kit.port}${logs}/${session.id}/logs?follow=true`, { headers: { authorization } });
  await once(socket, "message");
  return socket;
};

/** The tests' clock stands still meanwhile: what ends here ends by being told, not by a round that looks later. */
async function endsWhatIsOpen(one: () => Promise<unknown>): Promise<void> {
  const open = await Promise.all([view(), follow()]);
  expect(kit.doors.broker.openCount()).toBe(2);
  const closed = Promise.all(open.map((socket) => once(socket, "close")));
  await one();
  await closed;
  await vi.waitFor(() => expect(kit.doors.agents.agentIds()).not.toContain(agent.id));
  expect(kit.doors.broker.openCount()).toBe(0);
  expect((await get()).status).toMatchObject({ phase: "Unreachable", code: "AGENT_REVOKED" });
}

describe("what an agent has open", () => {
  it("ends by its revocation at once: its channel, viewers and logs", () => endsWhatIsOpen(revoke));

  it("ends at once too where another control plane revoked it", async () => {
    const bus = await openPostgresBus({ url: kit.url, log: kit.log, clock: systemClock });
    ends.unshift(() => bus.close());
    const gateway = new FakeGateway();
    const { services } = wireModules({
      ...{ config: kit.config, cookieName: "berth-session", version: "other", database: kit.database, pool: kit.pool, keys: kit.keys },
      ...{ bus, clock: kit.clock, ids: systemIds, log: kit.log, metrics: new Metrics(), gateway },
      taskStreams: { openCount: () => 0, isOpen: () => false, send: () => false },
      agentApi: { request: () => Promise.reject(new Error("no agent is here")) },
      nodeApi: { request: () => Promise.reject(new Error("agents are fakes here")) },
      logReader: { open: () => Promise.reject(new Error("no agent is here")) },
      agentBundleSha256: () => null,
      notices: () => [],
      agentAddresses: () => ({ dial: kit.publicUrl, download: kit.publicUrl }),
    });
    const elsewhere = createCaller({ ...kit.makeContext({ login: admin, requestId: "other", address: "192.0.2.2" }), services });
    await endsWhatIsOpen(() => elsewhere.agents.remove({ id: agent.name }));
  });

  it("ends within seconds where nobody heard of its revocation", async () => {
    await kit.database.agent.update({ where: { id: agent.id }, data: { revokedAt: kit.clock.now() } });
    expect(kit.doors.agents.isConnected(agent.id)).toBe(true);
    await kit.clock.advance(5_000);
    expect(kit.doors.agents.isConnected(agent.id)).toBe(false);
  });

  it("is not opened again: its proofs are good for nothing, at the channel, tunnels and requests", async () => {
    await revoke();
    const channel = `/agent/ws?agent_id=${agent.name}&platform=docker`;
    expect(await knock(kit.port, { path: channel, headers: await agent.credentials.headers("GET", channel) })).toMatchObject({
      status: 401,
    });
    const beat = `/api/v1/agents/${agent.id}/heartbeat`;
    const headers = { "content-type": "application/json", ...(await agent.credentials.headers("POST", beat, Buffer.from("{}"))) };
    expect(await askDoor(kit.port, { method: "POST", path: beat, headers, raw: "{}" })).toMatchObject({ status: 401 });
    await expect(view()).rejects.toThrow("was revoked");
  });

  it("is answered by REST as the contract says, whatever the agent holds", async () => {
    const headers = { authorization: `Bearer ${await kit.tokenOf(admin)}` };
    const answer = await askDoor(kit.port, { method: "DELETE", path: `/api/v1/agents/${agent.name}`, headers });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({ deleted: true });
    expect((await askDoor(kit.port, { method: "DELETE", path: `/api/v1/agents/${agent.name}`, headers })).status).toBe(404);
    const kept = await askDoor(kit.port, { method: "GET", path: "/api/v1/agents?revoked=true", headers });
    expect(JSON.parse(kept.text).agents.map((one: { name: string }) => one.name)).toContain(agent.name);
  });
});

describe("an agent that is revoked at an awkward moment", () => {
  it("is not on the channel after it, however its registration and the revocation came together", async () => {
    for (let round = 0; round < 8; round += 1) {
      const name = `racer-${kit.ids.suffix()}`;
      const { agentId, credentials } = await kit.enrolAgent(name);
      const target = `/agent/ws?agent_id=${name}&platform=docker`;
      const socket = new WebSocket(`ws://127.0.0.1:${kit.port}${target}`, { headers: await credentials.headers("GET", target) });
      socket.on("error", () => {});
      const closed = once(socket, "close");
      await once(socket, "open");
      socket.send(JSON.stringify({ type: "register", agent_id: name, platform: "docker", capacity: {}, metadata: {} }));
      // From before its registration is read to after it was written.
      for (let turn = 0; turn < round * 3; turn += 1) await new Promise(setImmediate);
      await kit.callerOf(admin).agents.remove({ id: agentId });
      await closed;
      expect(kit.doors.agents.isConnected(agentId)).toBe(false);
      expect(await kit.database.agent.findFirst({ where: { id: agentId, connectionId: { not: null } } })).toBeNull();
    }
  });

  it("leaves each session that is being started either running out of reach or failed, and no task open", async () => {
    const names = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const starting = kit.callerOf(owner).sessions.create({ template: "scratchpad", agentId: agent.name });
        if (index === 4) await revoke();
        return starting.then(
          ({ id }) => id,
          () => null,
        );
      }),
    );
    for (const id of names.filter((one) => one !== null)) {
      await vi.waitFor(async () => {
        const { status } = await kit.callerOf(owner).sessions.get({ id });
        expect(["Unreachable", "Failed"]).toContain(status.phase);
        expect(status.code).toBe("AGENT_REVOKED");
      });
    }
    expect(await kit.database.task.count({ where: { agentId: agent.id, finishedAt: null } })).toBe(0);
  });
});
