import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeKeyPair } from "../../../agent/identity/key-pair";
import { provenRequest } from "../../testing/agent-identity";
import { makeAgent } from "../../testing/factories";
import { byTls, expired, type IdentityKit, invalid, pollOf, publicOf, refused, serial, startIdentityKit } from "../../testing/identity-kit";
import { type CertifiedKey, makeAgentCertificate } from "./certificate-making";

let kit: IdentityKit;
beforeAll(async () => {
  kit = await startIdentityKit();
});
afterAll(() => kit.close());

const HOUR = 3_600_000;

describe("the waiting room", () => {
  it("gives no certificate and lets nothing be done until the very key was approved", async () => {
    const agent = await kit.enrol({ approval: true });
    expect(agent.reply.certificate).toBeNull();
    const poll = async (by = agent.show()) => kit.renewal(agent, await provenRequest(by, pollOf(agent)));
    expect(await poll()).toBeNull();
    await expect(kit.prove(await provenRequest(agent.show()))).rejects.toMatchObject(invalid);
    const seen = await kit.callerOf(kit.admin).agents.get({ id: agent.name });
    expect(seen).toMatchObject({ awaitsApproval: true, status: "offline", statusReason: expect.stringContaining("approval") });
    const approve = (keyFingerprint: string) => kit.callerOf(kit.admin).agents.approve({ id: agent.name, keyFingerprint });
    await expect(approve("0".repeat(64))).rejects.toMatchObject({ code: "CONFLICT", message: expect.stringContaining("another key") });
    expect(await poll()).toBeNull();
    expect(await approve(seen.identity.keyFingerprint ?? "")).toMatchObject({ awaitsApproval: false });
    const certificate = await poll();
    expect(await kit.prove(byTls(certificate?.cert ?? ""))).toEqual({ agentId: agent.agentId, name: agent.name });
    await expect(approve(seen.identity.keyFingerprint ?? "")).rejects.toMatchObject({ message: expect.stringContaining("already") });
  });

  it("binds the registration's token to the key: with another it fetches nothing", async () => {
    const [agent, other] = [await kit.enrol({ approval: true }), await kit.enrol({ approval: true })];
    const thief = kit.showing(agent.reply, null, other.key);
    await expect(kit.renewal(agent, await provenRequest(thief, pollOf(agent)))).rejects.toMatchObject(invalid);
    await expect(kit.renewal(agent, await provenRequest(other.show(), pollOf(agent)))).rejects.toMatchObject(refused);
    await expect(kit.renewal(agent, await provenRequest(agent.show(), pollOf(agent)), other.csr)).rejects.toMatchObject(refused);
    const shown = await provenRequest(agent.show(), pollOf(agent));
    await expect(kit.renewal(agent, { ...shown, agentToken: null })).rejects.toMatchObject(invalid);
    expect(await kit.renewal(agent, await provenRequest(agent.show(), pollOf(agent)))).toBeNull();
  });

  it("asks for a key of the agent's own, which costs no token", async () => {
    await expect(kit.enrol({ approval: true, withoutCsr: true })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("is empty for a token without approval, whose labels and capabilities its agent has whatever it says", async () => {
    const { token } = await kit.callerOf(kit.admin).registrationTokens.create({ labels: { zone: "a" }, capabilities: ["gpu"] });
    const name = `host-${kit.ids.suffix()}`;
    const request = { name, version: "1", capabilities: ["docker"], labels: { zone: "b", rack: "7" }, platform: "docker" as const };
    await kit.services.registrationTokens.register({ token, address: "192.0.2.9", inPlain: false, request });
    const agent = await kit.callerOf(kit.admin).agents.get({ id: name });
    expect(agent).toMatchObject({ awaitsApproval: false, labels: { zone: "a", rack: "7" }, capabilities: ["docker", "gpu"] });
    const message = {
      type: "register",
      agent_id: name,
      platform: "docker",
      capacity: {},
      metadata: {},
      labels: { zone: "c" },
      capabilities: [],
    } as const;
    await kit.inbox.registered({ agentId: agent.id, name }, "c1", { ...message, capabilities: [] });
    expect(await kit.callerOf(kit.admin).agents.get({ id: name })).toMatchObject({ labels: { zone: "a" }, capabilities: ["gpu"] });
  });
});

describe("a renewal", () => {
  it("gives a fresh certificate, also for a new key, and to nobody else", async () => {
    const [agent, other] = [await kit.enrol(), await kit.enrol()];
    const next = await makeKeyPair(agent.name);
    kit.clock.sleep(23 * HOUR + HOUR / 2);
    await expect(kit.renewal(other, byTls(agent.reply.certificate?.cert ?? ""))).rejects.toMatchObject(refused);
    const renewed = await kit.renewal(agent, await provenRequest(agent.show(), pollOf(agent)), next.csr);
    expect(await kit.prove(byTls(agent.reply.certificate?.cert ?? ""))).toMatchObject({ agentId: agent.agentId });
    kit.clock.sleep(HOUR);
    await expect(kit.prove(byTls(agent.reply.certificate?.cert ?? ""))).rejects.toMatchObject(expired);
    expect(await kit.prove(await provenRequest(kit.showing(agent.reply, renewed, next.key)))).toMatchObject({ agentId: agent.agentId });
  });

  it("is had once after a certificate's end, for the same key, within the grace period", async () => {
    const [agent, slept] = [await kit.enrol(), await kit.enrol()];
    const cert = agent.reply.certificate?.cert ?? "";
    kit.clock.sleep(3 * 24 * HOUR);
    await expect(kit.prove(byTls(cert))).rejects.toMatchObject(expired);
    await expect(kit.renewal(agent, byTls(cert), (await makeKeyPair("x")).csr)).rejects.toMatchObject(refused);
    const race = await Promise.allSettled([1, 2, 3].map(() => kit.renewal(agent, byTls(cert))));
    const won = race.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(won).toHaveLength(1);
    expect(await kit.prove(byTls(won[0]?.cert ?? ""))).toMatchObject({ agentId: agent.agentId });
    await expect(kit.renewal(agent, byTls(cert))).rejects.toMatchObject(expired);
    kit.clock.sleep(5 * 24 * HOUR + 1000);
    await expect(kit.renewal(slept, byTls(slept.reply.certificate?.cert ?? ""))).rejects.toMatchObject(expired);
  });

  it("within the grace period is not had by a forged, an unknown or a revoked certificate", async () => {
    const agent = await kit.enrol();
    const forgery = async (issuer: CertifiedKey) =>
      (
        await makeAgentCertificate(
          issuer,
          { id: agent.agentId, name: agent.name, publicKey: publicOf(agent.reply.certificate?.cert ?? "") },
          { serial: serial(), now: kit.clock.now() },
        )
      ).certificate;
    const [forged, unknown] = [await forgery(await kit.forger()), await forgery(await kit.ourIssuer())];
    kit.clock.sleep(2 * 24 * HOUR);
    await expect(kit.renewal(agent, byTls(forged))).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining("not of this control plane"),
    });
    await expect(kit.renewal(agent, byTls(unknown))).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining("never issued"),
    });
    await kit.database.agentCertificate.updateMany({ where: { agentId: agent.agentId }, data: { revokedAt: kit.clock.now() } });
    await expect(kit.renewal(agent, byTls(agent.reply.certificate?.cert ?? ""))).rejects.toMatchObject(invalid);
  });

  it("ends the channel of an agent that let its certificate run out, and of no other", async () => {
    const [late, fresh] = [await makeAgent(kit), await makeAgent(kit)];
    kit.clock.sleep(23 * HOUR);
    await kit.renewal({ agentId: fresh.id }, await provenRequest(fresh.credentials, pollOf({ agentId: fresh.id })));
    kit.clock.sleep(2 * HOUR);
    await kit.identityJobs.sweep();
    const ended = kit.gateway.disconnected.map(({ agentId }) => agentId);
    expect(ended).toContain(late.id);
    expect(ended).not.toContain(fresh.id);
    expect(await kit.database.proofNonce.count({ where: { expiresAt: { lt: kit.clock.now() } } })).toBe(0);
  });

  it("is given for one key for the secret that an agent had before there were certificates", async () => {
    const [agent, other] = [await kit.enrol(), await kit.enrol()];
    const { hashSecret } = await import("../../platform/ids");
    await kit.database.agent.update({
      where: { id: agent.agentId },
      data: { secretHash: hashSecret("an old secret"), keyFingerprint: null },
    });
    const shown = { ...byTls(agent.reply.certificate?.cert ?? ""), certificate: null, agentToken: "an old secret" };
    await expect(kit.prove({ ...shown, authorization: "Bearer an-old-secret-of-the-agent" })).rejects.toMatchObject(invalid);
    await expect(kit.renewal(other, shown, agent.csr)).rejects.toMatchObject(invalid);
    const certificate = await kit.renewal(agent, shown, agent.csr);
    expect(await kit.prove(byTls(certificate?.cert ?? ""))).toMatchObject({ agentId: agent.agentId });
    // The answer may have been lost: who has the key gets another, and whoever else knows the secret gets none.
    const again = await kit.renewal(agent, shown, agent.csr);
    expect(await kit.prove(byTls(again?.cert ?? ""))).toMatchObject({ agentId: agent.agentId });
    await expect(kit.renewal(agent, shown, other.csr)).rejects.toMatchObject(invalid);
    kit.clock.sleep(24 * HOUR + 1_000);
    await expect(kit.renewal(agent, shown, agent.csr)).rejects.toMatchObject(invalid);
    await kit.identityJobs.sweep();
    expect((await kit.database.agent.findUniqueOrThrow({ where: { id: agent.agentId } })).secretHash).toBeNull();
  });
});

describe("the authority", () => {
  it("is made once by all who start at the same time, and its keys are nowhere to be read", async () => {
    await Promise.all([kit.authority.ensure(), kit.authority.ensure()]);
    const rows = await kit.database.certificateAuthority.findMany();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain("PRIVATE KEY");
  });

  it("changes without cutting anyone off: both roots are known until the old one's last certificate can't be renewed any more", async () => {
    const before = await kit.enrol();
    const old = await kit.authority.pin();
    const { sha256 } = await kit.authority.rotate({ kind: "system" });
    expect(sha256).not.toBe(old);
    expect(await kit.authority.pin()).toBe(sha256);
    expect(await kit.prove(byTls(before.reply.certificate?.cert ?? ""))).toMatchObject({ agentId: before.agentId });
    const renewed = await kit.renewal(before, byTls(before.reply.certificate?.cert ?? ""));
    expect(renewed?.ca.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    const after = await kit.enrol();
    for (const cert of [renewed?.cert, after.reply.certificate?.cert]) expect(await kit.prove(byTls(cert ?? ""))).toBeTruthy();
    kit.clock.sleep(8 * 24 * HOUR + 60_000);
    expect((await kit.authority.bundle()).match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
  });
});
