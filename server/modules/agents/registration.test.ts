import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { provenRequest } from "../../testing/agent-identity";
import { makeAgent, makeAsker } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";

let kit: ServiceKit;
let admin: Asker;
beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
});
afterAll(() => kit.close());

const request = (name: string) => ({ name, version: "1", capabilities: [], labels: {}, platform: "docker" as const });
const register = (token: string | null, name: string) =>
  kit.services.registrationTokens.register({ token, address: "192.0.2.9", inPlain: false, request: request(name) });
const newToken = async (agentName?: string) => (await kit.callerOf(admin).registrationTokens.create({ agentName })).token;
const invalid = { code: "REGISTRATION_TOKEN_INVALID" };

describe("a registration token", () => {
  it("comes with the command to paste, is shown once and kept as a hash", async () => {
    const { token, command } = await kit.callerOf(admin).registrationTokens.create({});
    expect(command).toBe(
      `curl -fsSL https://berth.example/agent/install.sh | sh -s -- --url https://berth.example --token ${token} --sha256 ${"ab".repeat(32)} --ca-sha256 ${await kit.authority.pin()}`,
    );
    expect(JSON.stringify(await kit.callerOf(admin).registrationTokens.list())).not.toContain(token);
    expect(JSON.stringify(await kit.database.registrationToken.findMany())).not.toContain(token);
  });

  it("is good once, and of many who race with it one wins", async () => {
    const token = await newToken();
    const race = await Promise.allSettled(["a", "b", "c", "d"].map((name) => register(token, `racer-${name}`)));
    expect(race.filter((one) => one.status === "fulfilled")).toHaveLength(1);
    for (const loser of race.filter((one) => one.status === "rejected")) expect(loser.reason).toMatchObject(invalid);
    await expect(register(token, "latecomer")).rejects.toMatchObject(invalid);
  });

  it("is not taken over a network in plain http, and is good afterwards", async () => {
    const token = await newToken();
    const { registrationTokens } = kit.services;
    const asked = { token, address: "192.0.2.9", request: request("plain") };
    await expect(registrationTokens.register({ ...asked, inPlain: true })).rejects.toMatchObject({
      code: "HTTPS_REQUIRED",
      message: expect.stringContaining("AGENT_PLAIN_HTTP"),
    });
    await expect(registrationTokens.register({ ...asked, inPlain: false })).resolves.toMatchObject({ agentId: expect.any(String) });
  });

  it("is refused when it is missing, unknown, revoked, for another name or a day old", async () => {
    await expect(register(null, "x1")).rejects.toMatchObject(invalid);
    await expect(register("made up", "x1")).rejects.toMatchObject(invalid);
    const revoked = await kit.callerOf(admin).registrationTokens.create({});
    await kit.callerOf(admin).registrationTokens.revoke({ id: revoked.id });
    await expect(register(revoked.token, "x1")).rejects.toMatchObject(invalid);
    await expect(register(await newToken("named"), "x1")).rejects.toMatchObject(invalid);
    const old = await kit.callerOf(admin).registrationTokens.create({});
    await kit.database.registrationToken.update({ where: { id: old.id }, data: { expiresAt: kit.clock.now() } });
    await expect(register(old.token, "x1")).rejects.toMatchObject(invalid);
  });

  it("survives a name that is taken, and refuses names that paths could mistake", async () => {
    const token = await newToken();
    await register(await newToken(), "first-come");
    await expect(register(token, "first-come")).rejects.toMatchObject({ code: "AGENT_NAME_TAKEN" });
    for (const name of ["register", "stats", "run", "run-stream", "health", "550e8400-e29b-41d4-a716-446655440000"]) {
      await expect(register(token, name)).rejects.toMatchObject({ code: "VALIDATION_FAILED", message: expect.stringContaining(name) });
    }
    await expect(register(token, "second-come")).resolves.toMatchObject({ config: { heartbeatInterval: 10 } });
  });
});

describe("an agent's credential", () => {
  it("proves its own name and no other", async () => {
    const [a, b] = [await makeAgent(kit), await makeAgent(kit)];
    const shown = () => provenRequest(a.credentials);
    expect(await kit.inbox.authenticate({ ...(await shown()), agentName: a.name })).toEqual({ agentId: a.id, name: a.name });
    await expect(kit.inbox.authenticate({ ...(await shown()), agentName: b.name })).rejects.toMatchObject({
      code: "AUTH_INSUFFICIENT_PERMISSIONS",
    });
    const { authorization: good, ...rest } = await shown();
    for (const authorization of [null, "Bearer nonsense", good?.replace("Bearer", "Basic") ?? "", `Bearer ${"x".repeat(43)}`]) {
      const answer = kit.inbox.authenticate({ ...rest, authorization, agentName: a.name });
      await expect(answer).rejects.toMatchObject({ code: "AUTH_TOKEN_INVALID" });
    }
  });

  it("ends with the agent's removal, and so does its connection", async () => {
    const agent = await makeAgent(kit);
    await kit.callerOf(admin).agents.remove({ id: agent.name });
    expect(kit.gateway.disconnected).toContainEqual({ agentId: agent.id, reason: "its access was revoked" });
    await expect(kit.inbox.authenticate({ ...(await provenRequest(agent.credentials)), agentName: agent.name })).rejects.toMatchObject({
      code: "AUTH_TOKEN_INVALID",
    });
    await expect(kit.callerOf(admin).agents.get({ id: agent.name })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("heartbeats", () => {
  it("keep an agent online, carry its usage and its own word that it is not well", async () => {
    const agent = await makeAgent(kit);
    await kit.clock.advance(25_000);
    await agent.heartbeat({ resource_usage: { cpu: 12, memory: 34 } });
    await kit.heartbeats.flush();
    await kit.clock.advance(25_000);
    expect(await kit.callerOf(admin).agents.get({ id: agent.id })).toMatchObject({
      status: "online",
      resourceUsage: { cpu: 12, memory: 34 },
    });
    await agent.heartbeat({ status: "degraded", status_reason: "engine does not answer" });
    await kit.heartbeats.flush();
    expect(await kit.callerOf(admin).agents.get({ id: agent.name })).toMatchObject({
      status: "degraded",
      statusReason: "engine does not answer",
      resourceUsage: { cpu: 12 },
    });
    await kit.clock.advance(31_000);
    expect(await kit.callerOf(admin).agents.get({ id: agent.name })).toMatchObject({
      status: "offline",
      statusReason: expect.stringContaining("No heartbeat"),
    });
  });

  it("are counted in the fleet's numbers, and a drained agent takes no new session", async () => {
    const agent = await makeAgent(kit);
    const operator = kit.callerOf(await makeAsker(kit, "operator"));
    expect(await operator.agents.setStatus({ id: agent.name, status: "draining" })).toMatchObject({ status: "draining" });
    expect((await operator.agents.list({ status: "draining" })).agents.map((one) => one.name)).toEqual([agent.name]);
    expect(await operator.agents.stats()).toMatchObject({ drainingAgents: 1 });
    await expect(kit.callerOf(admin).sessions.create({ template: "scratchpad", agentId: agent.name })).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      message: expect.stringContaining("is draining"),
    });
  });
});
