import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { BusEvent } from "../../platform/bus";
import { makeAgent } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import { agentPresence, agentStatus, MISSED_INTERVALS } from "./agent-status";
import { AgentsJobs } from "./agents-jobs";
import { findAgentsOfNote } from "./presence-store";

let kit: ServiceKit;
beforeAll(async () => {
  kit = await startServiceKit();
});
afterAll(() => kit.close());

const rowOf = (id: string) => kit.database.agent.findUniqueOrThrow({ where: { id } });
const many = (count: number) => Promise.all(Array.from({ length: count }, () => makeAgent(kit)));
const registerAs = (agent: { id: string; name: string }, connectionId: string, metadata: Record<string, unknown>) =>
  kit.inbox.registered({ agentId: agent.id, name: agent.name }, connectionId, {
    type: "register",
    agent_id: agent.name,
    platform: "docker",
    capacity: { max_sessions: 3 },
    metadata,
    labels: { rack: connectionId },
    capabilities: ["display.rfb"],
  });

describe("agents that come at once", () => {
  it("are each written as they said", async () => {
    const agents = await many(12);
    await Promise.all(agents.map((agent, at) => registerAs(agent, `again-${at}`, { at })));
    for (const [at, agent] of agents.entries())
      expect(await rowOf(agent.id)).toMatchObject({
        connectionId: `again-${at}`,
        metadata: { at },
        labels: { rack: `again-${at}` },
        capabilities: ["display.rfb"],
        maxSessions: 3,
        maxCpu: null,
        connectedAt: kit.clock.now(),
        disconnectedAt: null,
      });
  });

  it("keep out one that can't be written, and one that was removed, and nobody else", async () => {
    const [bad, gone, ...good] = await many(6);
    if (!bad || !gone) throw new Error("there are no agents");
    await kit.database.agent.delete({ where: { id: gone.id } });
    const all = await Promise.allSettled([
      registerAs(bad, "new", { text: "\u0000" }),
      registerAs(gone, "new", {}),
      ...good.map((agent) => registerAs(agent, "new", {})),
    ]);
    expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled", "fulfilled", "fulfilled"]);
    expect(all[1]).toMatchObject({ reason: { code: "AUTH_TOKEN_INVALID" } });
    for (const agent of good) expect((await rowOf(agent.id)).connectionId).toBe("new");
  });

  it("go at once too, each by the connection that is its own", async () => {
    const agents = await many(5);
    const [newer, ...others] = agents;
    if (!newer) throw new Error("there are no agents");
    const older = newer.connectionId;
    await newer.connect();
    await Promise.all([
      kit.inbox.disconnected({ agentId: newer.id, name: newer.name }, older, "replaced"),
      ...others.map((agent) => agent.disconnect("the network went")),
    ]);
    expect((await rowOf(newer.id)).connectionId).toBe(newer.connectionId);
    for (const agent of others)
      expect(await rowOf(agent.id)).toMatchObject({
        connectionId: null,
        disconnectReason: "the network went",
        disconnectedAt: kit.clock.now(),
      });
  });
});

describe("the sweep for lost agents", () => {
  it("leaves out those alone that are online and told so, by the one rule", async () => {
    const agents = await many(9);
    await kit.agentsJobs.sweep();
    const [silent, closed, draining, degraded, revoked, waiting, untold, slow] = agents;
    const change = (agent: (typeof agents)[number] | undefined, data: Parameters<typeof kit.database.agent.update>[0]["data"]) =>
      kit.database.agent.update({ where: { id: agent?.id ?? "" }, data });
    const long = new Date(kit.clock.now().getTime() - MISSED_INTERVALS * 10_000);
    await change(silent, { lastHeartbeatAt: long, connectedAt: long });
    await change(closed, { connectionId: null, disconnectedAt: kit.clock.now() });
    await change(draining, { draining: true });
    await change(degraded, { degradedReason: "The engine is away" });
    await change(revoked, { revokedAt: kit.clock.now() });
    await change(waiting, { approvedAt: null });
    await change(untold, { toldStatus: null });
    await change(slow, { lastHeartbeatAt: long, connectedAt: long, heartbeatIntervalSeconds: 60 });
    const now = kit.clock.now();
    const noted = new Set((await findAgentsOfNote(kit.database, [], MISSED_INTERVALS, now)).map(({ id }) => id));
    for (const row of await kit.database.agent.findMany()) {
      const plain = agentStatus(row, now).status === "online" && agentPresence(row, now) === row.toldStatus;
      expect([row.name, noted.has(row.id)]).toEqual([row.name, !plain]);
    }
    expect([noted.has(slow?.id ?? ""), noted.has(silent?.id ?? "")]).toEqual([false, true]);
  });

  it("tells of each that went silent, once, and of its return", async () => {
    const agents = await many(4);
    await kit.agentsJobs.sweep();
    const told = async () => Promise.all(agents.map(async ({ id }) => (await rowOf(id)).toldStatus));
    expect(await told()).toEqual(["online", "online", "online", "online"]);
    await kit.clock.advance(MISSED_INTERVALS * 10_000);
    await agents[0]?.heartbeat();
    await kit.heartbeats.flush();
    await kit.agentsJobs.sweep();
    expect(await told()).toEqual(["online", "offline", "offline", "offline"]);
    await Promise.all(agents.map((agent) => agent.heartbeat()));
    await kit.heartbeats.flush();
    await kit.agentsJobs.sweep();
    expect(await told()).toEqual(["online", "online", "online", "online"]);
  });
});

describe("after a restart of ours", () => {
  it("who was silent because we were away is told lost only a minute later, and never where it came back", async () => {
    const [returns, stays] = await many(2);
    if (!returns || !stays) throw new Error("there are no agents");
    await kit.agentsJobs.sweep();
    const told = async () => Promise.all([returns, stays].map(async ({ id }) => (await rowOf(id)).toldStatus));
    // By what was heard of them they are online for five seconds more: the first sweep has nothing to say of them.
    await kit.clock.advance(25_000);
    const jobs = new AgentsJobs(kit);
    jobs.start();
    await kit.clock.advance(40_000);
    expect(await told()).toEqual(["online", "online"]);
    await returns.connect();
    for (let seconds = 0; seconds < 24; seconds += 8) {
      await kit.clock.advance(8_000);
      await returns.heartbeat();
      await kit.heartbeats.flush();
    }
    await jobs.stop();
    expect(await told()).toEqual(["online", "offline"]);
  });
});

describe("heartbeats on the bus", () => {
  it("say where nothing but the usage changed, and nothing where nothing did", async () => {
    const agent = await makeAgent(kit);
    const heard: BusEvent[] = [];
    const stop = kit.bus.subscribe((event) => {
      if (event.kind === "agent" && event.agentId === agent.id) heard.push(event);
    });
    const beat = async (extra: Parameters<typeof agent.heartbeat>[0]) => {
      await agent.heartbeat(extra);
      await kit.heartbeats.flush();
    };
    await beat({ resource_usage: { cpu: 10, memory: 10 } });
    await beat({ resource_usage: { cpu: 11, memory: 10 } });
    await beat({ resource_usage: { cpu: 60, memory: 10 } });
    await beat({ resource_usage: { cpu: 60, memory: 10 }, status: "degraded", status_reason: "The engine is away" });
    const said = { kind: "agent", agentId: agent.id };
    await vi.waitFor(() => expect(heard.slice(-3)).toEqual([said, { ...said, only: "usage" }, said]));
    stop();
  });
});
