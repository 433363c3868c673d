import { createPrivateKey, type KeyObject, randomUUID, X509Certificate } from "node:crypto";
import { PROOF_TYPE } from "@berth/protocol/agent-proof";
import type { AgentCertificate } from "@berth/protocol/agent-registration";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KeyCredentials } from "../../../agent/identity/credentials";
import { makeKeyPair } from "../../../agent/identity/key-pair";
import { unseal } from "../../platform/sealing";
import type { ShownCredential } from "../../platform/shown-credential";
import { commonKey, provenRequest } from "../../testing/agent-identity";
import { makeAgent, makeAsker } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";
import { type CertifiedKey, makeAgentCertificate, makeAuthority, makeServerCertificate } from "./certificate-making";

let kit: ServiceKit;
let admin: Asker;
beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
});
afterAll(() => kit.close());

const HOUR = 3_600_000;
const serial = () => `01${randomUUID().replaceAll("-", "")}`;
const invalid = { code: "AUTH_TOKEN_INVALID" };
const expired = { code: "AUTH_TOKEN_EXPIRED" };
const refused = { code: "AUTH_INSUFFICIENT_PERMISSIONS" };
const prove = (shown: ShownCredential) => kit.identity.authenticate(shown);

/** A key of its own, enrolled under a name of its own. */
async function enrol(options: { approval?: boolean; withoutCsr?: boolean } = {}) {
  const name = `host-${kit.ids.suffix()}`;
  const { token } = await kit.callerOf(admin).registrationTokens.create({ approval: options.approval ?? false });
  const { key, csr } = await makeKeyPair(name);
  const request = {
    name,
    version: "1",
    capabilities: [],
    labels: {},
    platform: "docker" as const,
    csr: options.withoutCsr ? undefined : csr,
  };
  const reply = await kit.services.registrationTokens.register({ token, address: "192.0.2.9", request });
  return {
    name,
    key,
    csr,
    reply,
    agentId: reply.agentId,
    show: (certificate = reply.certificate, by = key) => showing(reply, certificate, by),
  };
}

const showing = (reply: { agentId: string; token: string }, certificate: AgentCertificate | null, key: string) =>
  new KeyCredentials({ ...reply, certificate, key }, () => kit.clock.now());

/** As it comes by the agents' port: the handshake has shown that the key is there. */
const byTls = (pem: string, target = "/agent/ws"): ShownCredential => ({
  certificate: new X509Certificate(pem).raw,
  authorization: null,
  agentToken: null,
  method: "GET",
  target,
  body: new Uint8Array(),
});

async function ourIssuer(): Promise<CertifiedKey> {
  const row = await kit.database.certificateAuthority.findFirstOrThrow({ where: { retiredAt: null } });
  return { certificate: row.issuingCertificate, key: unseal(kit.keys.authority, `${row.id}/issuing`, row.issuingKey) };
}
async function foreignIssuer(): Promise<CertifiedKey> {
  return (await makeAuthority({ name: "Berth agents", now: kit.clock.now(), serials: [serial(), serial()] })).issuing;
}
/** Says of itself all that ours says, down to the id of the issuer's key; only the signature is another's. */
const forger = async (): Promise<CertifiedKey> => ({ certificate: (await ourIssuer()).certificate, key: (await foreignIssuer()).key });
const publicOf = (key: string): KeyObject => new X509Certificate(key).publicKey;

describe("a proof", () => {
  it("is good for the request that it was made for, once", async () => {
    const agent = await enrol();
    const body = Buffer.from('{"status":"healthy"}');
    const shown = await provenRequest(agent.show(), { method: "POST", target: `/api/v1/agents/${agent.agentId}/heartbeat`, body });
    expect(await prove(shown)).toEqual({ agentId: agent.agentId, name: agent.name });
    await expect(prove(shown)).rejects.toMatchObject({ ...invalid, message: expect.stringContaining("used before") });
  });

  it("lets one of many through that show it at once", async () => {
    const shown = await provenRequest((await enrol()).show());
    const race = await Promise.allSettled(Array.from({ length: 8 }, () => prove(shown)));
    expect(race.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it.each([
    ["body", { body: Buffer.from("{}") }],
    ["path", { target: "/agent/tunnel/another" }],
    ["query", { target: "/agent/ws?agent_id=another" }],
    ["method", { method: "POST" }],
  ])("is of no other %s", async (_what, other) => {
    const shown = await provenRequest((await enrol()).show());
    await expect(prove({ ...shown, ...other })).rejects.toMatchObject({ ...invalid, message: expect.stringContaining("is of another") });
  });

  it("is refused minutes later, and minutes ahead, with a word about the clock", async () => {
    const credentials = (await enrol()).show();
    const early = await provenRequest(credentials);
    kit.clock.sleep(301_000);
    await expect(prove(early)).rejects.toMatchObject({ ...invalid, message: expect.stringContaining("set the clock") });
    const fast = new KeyCredentials(
      { agentId: randomUUID(), token: "", key: (await commonKey()).key, certificate: credentials.certificate },
      () => new Date(kit.clock.now().getTime() + 301_000),
    );
    await expect(prove(await provenRequest(fast))).rejects.toMatchObject(invalid);
  });

  it("is nothing by another key than the certificate's, nor without a signature, nor as another agent", async () => {
    const [agent, other] = [await enrol(), await enrol()];
    await expect(prove(await provenRequest(agent.show(agent.reply.certificate, other.key)))).rejects.toMatchObject(invalid);
    const impostor = showing({ ...agent.reply, agentId: other.agentId }, agent.reply.certificate, agent.key);
    await expect(prove(await provenRequest(impostor))).rejects.toMatchObject(refused);
    const shown = await provenRequest(agent.show());
    const [head = "", claims = "", signature = ""] = (shown.authorization ?? "").replace("Bearer ", "").split(".");
    const unsigned = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(head, "base64url").toString()), alg: "none" })).toString(
      "base64url",
    );
    for (const proof of [
      `${unsigned}.${claims}.`,
      `${unsigned}.${claims}.${signature}`,
      `${head}.${claims}.`,
      `${head}.${claims}.${signature.slice(2)}`,
    ])
      await expect(prove({ ...shown, authorization: `Bearer ${proof}` })).rejects.toMatchObject(invalid);
  });

  it("can't be signed with the public key as if it were a secret", async () => {
    const agent = await enrol();
    const certificate = new X509Certificate(agent.reply.certificate?.cert ?? "");
    const proof = await new SignJWT({ sub: agent.agentId, htm: "GET", htu: "/", bh: "x".repeat(43), jti: randomUUID() })
      .setProtectedHeader({ alg: "HS256", typ: PROOF_TYPE, x5c: [certificate.raw.toString("base64")] })
      .setIssuedAt(Math.floor(kit.clock.now().getTime() / 1000))
      .sign(certificate.publicKey.export({ type: "spki", format: "der" }));
    await expect(prove({ ...(await provenRequest(agent.show())), authorization: `Bearer ${proof}` })).rejects.toMatchObject(invalid);
  });
});

describe("a certificate", () => {
  const certify = async (issuer: CertifiedKey, agent: { agentId: string; name: string; reply: { certificate: AgentCertificate | null } }) =>
    (
      await makeAgentCertificate(
        issuer,
        { id: agent.agentId, name: agent.name, publicKey: publicOf(agent.reply.certificate?.cert ?? "") },
        { serial: serial(), now: kit.clock.now() },
      )
    ).certificate;

  it("says who it is on the agents' port, for a day", async () => {
    const agent = await enrol();
    const cert = agent.reply.certificate?.cert ?? "";
    expect(await prove(byTls(cert))).toEqual({ agentId: agent.agentId, name: agent.name });
    expect(new X509Certificate(cert).subjectAltName).toBe(`URI:berth://agent/${agent.agentId}`);
    kit.clock.sleep(24 * HOUR + 1000);
    await expect(prove(byTls(cert))).rejects.toMatchObject(expired);
  });

  it("of another authority is refused, whatever that one is called", async () => {
    const agent = await enrol();
    for (const issuer of [await forger(), await foreignIssuer()])
      await expect(prove(byTls(await certify(issuer, agent)))).rejects.toMatchObject({
        ...invalid,
        message: expect.stringContaining("not of this control plane"),
      });
  });

  it("that this authority signed is refused where it was never written down, or is not an agent's", async () => {
    const agent = await enrol();
    const issuer = await ourIssuer();
    await expect(prove(byTls(await certify(issuer, agent)))).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining("never issued"),
    });
    const server = await makeServerCertificate(issuer, ["localhost"], { serial: serial(), now: kit.clock.now() });
    await expect(prove(byTls(server.certificate))).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining("not for a client"),
    });
    await expect(prove(byTls(issuer.certificate))).rejects.toMatchObject(invalid);
    const nameless = await certify(issuer, { ...agent, agentId: "not-a-uuid" });
    await expect(prove(byTls(nameless))).rejects.toMatchObject({ ...invalid, message: expect.stringContaining("which agent's") });
    for (const der of [Buffer.from("not a certificate"), Buffer.alloc(0)])
      await expect(prove({ ...byTls(server.certificate), certificate: der })).rejects.toMatchObject(invalid);
  });

  it("is refused once it was revoked, or its agent removed or not approved", async () => {
    const [one, two] = [await enrol(), await enrol()];
    await kit.database.agentCertificate.updateMany({ where: { agentId: one.agentId }, data: { revokedAt: kit.clock.now() } });
    await kit.callerOf(admin).agents.remove({ id: two.name });
    for (const { reply } of [one, two]) await expect(prove(byTls(reply.certificate?.cert ?? ""))).rejects.toMatchObject(invalid);
    const three = await enrol();
    await kit.database.agent.update({ where: { id: three.agentId }, data: { approvedAt: null } });
    await expect(prove(byTls(three.reply.certificate?.cert ?? ""))).rejects.toMatchObject(refused);
  });

  it("is made for a key of the server's where no CSR was sent, and that key is kept nowhere", async () => {
    const { reply } = await enrol({ withoutCsr: true });
    const { cert = "", key = "" } = reply.certificate ?? {};
    expect(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))).toBe(true);
    const body = key.split("\n")[1] ?? "nothing";
    expect(JSON.stringify(await kit.database.agent.findMany())).not.toContain(body);
    expect(JSON.stringify(await kit.database.agentCertificate.findMany())).not.toContain(body);
  });

  it.each([
    ["nonsense", () => "nonsense"],
    ["a request that was changed", async () => changed((await makeKeyPair("x")).csr)],
  ])("is not made of %s, which costs no token", async (_what, csr) => {
    const { token } = await kit.callerOf(admin).registrationTokens.create({});
    const request = { name: `host-${kit.ids.suffix()}`, version: "1", capabilities: [], labels: {}, platform: "docker" as const };
    const register = (more: { csr?: string }) =>
      kit.services.registrationTokens.register({ token, address: "192.0.2.9", request: { ...request, ...more } });
    await expect(register({ csr: await csr() })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect((await register({})).certificate).not.toBeNull();
  });
});

/** One byte of its signature is another. */
function changed(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
  return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
}

const renewal = (agent: { agentId: string }, shown: ShownCredential, csr?: string) =>
  kit.identity.certificate({ agentRef: agent.agentId, csr, shown });
const pollOf = (agent: { agentId: string }) => ({
  method: "POST",
  target: `/api/v1/agents/${agent.agentId}/certificate`,
  body: Buffer.from("{}"),
});

describe("the waiting room", () => {
  it("gives no certificate and lets nothing be done until the very key was approved", async () => {
    const agent = await enrol({ approval: true });
    expect(agent.reply.certificate).toBeNull();
    const poll = async (by = agent.show()) => renewal(agent, await provenRequest(by, pollOf(agent)));
    expect(await poll()).toBeNull();
    await expect(prove(await provenRequest(agent.show()))).rejects.toMatchObject(invalid);
    const seen = await kit.callerOf(admin).agents.get({ id: agent.name });
    expect(seen).toMatchObject({ awaitsApproval: true, status: "offline", statusReason: expect.stringContaining("approval") });
    const approve = (keyFingerprint: string) => kit.callerOf(admin).agents.approve({ id: agent.name, keyFingerprint });
    await expect(approve("0".repeat(64))).rejects.toMatchObject({ code: "CONFLICT", message: expect.stringContaining("another key") });
    expect(await poll()).toBeNull();
    expect(await approve(seen.identity.keyFingerprint ?? "")).toMatchObject({ awaitsApproval: false });
    const certificate = await poll();
    expect(await prove(byTls(certificate?.cert ?? ""))).toEqual({ agentId: agent.agentId, name: agent.name });
    await expect(approve(seen.identity.keyFingerprint ?? "")).rejects.toMatchObject({ message: expect.stringContaining("already") });
  });

  it("binds the registration's token to the key: with another it fetches nothing", async () => {
    const [agent, other] = [await enrol({ approval: true }), await enrol({ approval: true })];
    const thief = showing(agent.reply, null, other.key);
    await expect(renewal(agent, await provenRequest(thief, pollOf(agent)))).rejects.toMatchObject(invalid);
    await expect(renewal(agent, await provenRequest(other.show(), pollOf(agent)))).rejects.toMatchObject(refused);
    await expect(renewal(agent, await provenRequest(agent.show(), pollOf(agent)), other.csr)).rejects.toMatchObject(refused);
    const shown = await provenRequest(agent.show(), pollOf(agent));
    await expect(renewal(agent, { ...shown, agentToken: null })).rejects.toMatchObject(invalid);
    expect(await renewal(agent, await provenRequest(agent.show(), pollOf(agent)))).toBeNull();
  });

  it("asks for a key of the agent's own, which costs no token", async () => {
    await expect(enrol({ approval: true, withoutCsr: true })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("is empty for a token without approval, whose labels and capabilities its agent has whatever it says", async () => {
    const { token } = await kit.callerOf(admin).registrationTokens.create({ labels: { zone: "a" }, capabilities: ["gpu"] });
    const name = `host-${kit.ids.suffix()}`;
    const request = { name, version: "1", capabilities: ["docker"], labels: { zone: "b", rack: "7" }, platform: "docker" as const };
    await kit.services.registrationTokens.register({ token, address: "192.0.2.9", request });
    const agent = await kit.callerOf(admin).agents.get({ id: name });
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
    expect(await kit.callerOf(admin).agents.get({ id: name })).toMatchObject({ labels: { zone: "a" }, capabilities: ["gpu"] });
  });
});

describe("a renewal", () => {
  it("gives a fresh certificate, also for a new key, and to nobody else", async () => {
    const [agent, other] = [await enrol(), await enrol()];
    const next = await makeKeyPair(agent.name);
    kit.clock.sleep(23 * HOUR + HOUR / 2);
    await expect(renewal(other, byTls(agent.reply.certificate?.cert ?? ""))).rejects.toMatchObject(refused);
    const renewed = await renewal(agent, await provenRequest(agent.show(), pollOf(agent)), next.csr);
    expect(await prove(byTls(agent.reply.certificate?.cert ?? ""))).toMatchObject({ agentId: agent.agentId });
    kit.clock.sleep(HOUR);
    await expect(prove(byTls(agent.reply.certificate?.cert ?? ""))).rejects.toMatchObject(expired);
    expect(await prove(await provenRequest(showing(agent.reply, renewed, next.key)))).toMatchObject({ agentId: agent.agentId });
  });

  it("is had once after a certificate's end, for the same key, within the grace period", async () => {
    const [agent, slept] = [await enrol(), await enrol()];
    const cert = agent.reply.certificate?.cert ?? "";
    kit.clock.sleep(3 * 24 * HOUR);
    await expect(prove(byTls(cert))).rejects.toMatchObject(expired);
    await expect(renewal(agent, byTls(cert), (await makeKeyPair("x")).csr)).rejects.toMatchObject(refused);
    const race = await Promise.allSettled([1, 2, 3].map(() => renewal(agent, byTls(cert))));
    const won = race.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(won).toHaveLength(1);
    expect(await prove(byTls(won[0]?.cert ?? ""))).toMatchObject({ agentId: agent.agentId });
    await expect(renewal(agent, byTls(cert))).rejects.toMatchObject(expired);
    kit.clock.sleep(5 * 24 * HOUR + 1000);
    await expect(renewal(slept, byTls(slept.reply.certificate?.cert ?? ""))).rejects.toMatchObject(expired);
  });

  it("within the grace period is not had by a forged, an unknown or a revoked certificate", async () => {
    const agent = await enrol();
    const forgery = async (issuer: CertifiedKey) =>
      (
        await makeAgentCertificate(
          issuer,
          { id: agent.agentId, name: agent.name, publicKey: publicOf(agent.reply.certificate?.cert ?? "") },
          { serial: serial(), now: kit.clock.now() },
        )
      ).certificate;
    const [forged, unknown] = [await forgery(await forger()), await forgery(await ourIssuer())];
    kit.clock.sleep(2 * 24 * HOUR);
    await expect(renewal(agent, byTls(forged))).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining("not of this control plane"),
    });
    await expect(renewal(agent, byTls(unknown))).rejects.toMatchObject({ ...invalid, message: expect.stringContaining("never issued") });
    await kit.database.agentCertificate.updateMany({ where: { agentId: agent.agentId }, data: { revokedAt: kit.clock.now() } });
    await expect(renewal(agent, byTls(agent.reply.certificate?.cert ?? ""))).rejects.toMatchObject(invalid);
  });

  it("ends the channel of an agent that let its certificate run out, and of no other", async () => {
    const [late, fresh] = [await makeAgent(kit), await makeAgent(kit)];
    kit.clock.sleep(23 * HOUR);
    await renewal({ agentId: fresh.id }, await provenRequest(fresh.credentials, pollOf({ agentId: fresh.id })));
    kit.clock.sleep(2 * HOUR);
    await kit.identityJobs.sweep();
    const ended = kit.gateway.disconnected.map(({ agentId }) => agentId);
    expect(ended).toContain(late.id);
    expect(ended).not.toContain(fresh.id);
    expect(await kit.database.proofNonce.count({ where: { expiresAt: { lt: kit.clock.now() } } })).toBe(0);
  });

  it("is given once for the secret that an agent had before there were certificates", async () => {
    const [agent, other] = [await enrol(), await enrol()];
    const { hashSecret } = await import("../../platform/ids");
    await kit.database.agent.update({
      where: { id: agent.agentId },
      data: { secretHash: hashSecret("an old secret"), keyFingerprint: null },
    });
    const shown = { ...byTls(agent.reply.certificate?.cert ?? ""), certificate: null, agentToken: "an old secret" };
    await expect(prove({ ...shown, authorization: "Bearer an-old-secret-of-the-agent" })).rejects.toMatchObject(invalid);
    await expect(renewal(other, shown, agent.csr)).rejects.toMatchObject(invalid);
    const certificate = await renewal(agent, shown, agent.csr);
    expect(await prove(byTls(certificate?.cert ?? ""))).toMatchObject({ agentId: agent.agentId });
    await expect(renewal(agent, shown, agent.csr)).rejects.toMatchObject(invalid);
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
    const before = await enrol();
    const old = await kit.authority.pin();
    const { sha256 } = await kit.authority.rotate({ kind: "system" });
    expect(sha256).not.toBe(old);
    expect(await kit.authority.pin()).toBe(sha256);
    expect(await prove(byTls(before.reply.certificate?.cert ?? ""))).toMatchObject({ agentId: before.agentId });
    const renewed = await renewal(before, byTls(before.reply.certificate?.cert ?? ""));
    expect(renewed?.ca.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    const after = await enrol();
    for (const cert of [renewed?.cert, after.reply.certificate?.cert]) expect(await prove(byTls(cert ?? ""))).toBeTruthy();
    kit.clock.sleep(8 * 24 * HOUR + 60_000);
    expect((await kit.authority.bundle()).match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
  });
});

it("takes keys of P-256, Ed25519 and strong RSA alone", async () => {
  const { keyOfRequest } = await import("./certificate-making");
  const { Pkcs10CertificateRequestGenerator } = await import("@peculiar/x509");
  const csrOf = async (algorithm: RsaHashedKeyGenParams | EcKeyGenParams | { name: string }) => {
    const keys = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
    return (
      await Pkcs10CertificateRequestGenerator.create({ name: "CN=x", keys, signingAlgorithm: { hash: "SHA-256", ...algorithm } })
    ).toString("pem");
  };
  const rsa = (modulusLength: number) => ({
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength,
    publicExponent: new Uint8Array([1, 0, 1]),
  });
  for (const good of [{ name: "ECDSA", namedCurve: "P-256" }, { name: "Ed25519" }, rsa(2048)])
    expect((await keyOfRequest(await csrOf(good))).type).toBe("public");
  for (const weak of [{ name: "ECDSA", namedCurve: "P-384" }, rsa(1024)])
    await expect(keyOfRequest(await csrOf(weak))).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining("P-256"),
    });
});
