import { createPrivateKey, randomUUID, X509Certificate } from "node:crypto";
import { PROOF_TYPE } from "@berth/protocol/agent-proof";
import type { AgentCertificate } from "@berth/protocol/agent-registration";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KeyCredentials } from "../../../agent/identity/credentials";
import { makeKeyPair } from "../../../agent/identity/key-pair";
import { commonKey, provenRequest } from "../../testing/agent-identity";
import { byTls, expired, type IdentityKit, invalid, publicOf, refused, serial, startIdentityKit } from "../../testing/identity-kit";
import { type CertifiedKey, makeAgentCertificate, makeServerCertificate } from "./certificate-making";

let kit: IdentityKit;
beforeAll(async () => {
  kit = await startIdentityKit();
});
afterAll(() => kit.close());

const HOUR = 3_600_000;

describe("a proof", () => {
  it("is good for the request that it was made for, once", async () => {
    const agent = await kit.enrol();
    const body = Buffer.from('{"status":"healthy"}');
    const shown = await provenRequest(agent.show(), { method: "POST", target: `/api/v1/agents/${agent.agentId}/heartbeat`, body });
    expect(await kit.prove(shown)).toEqual({ agentId: agent.agentId, name: agent.name });
    await expect(kit.prove(shown)).rejects.toMatchObject({ ...invalid, message: expect.stringContaining("used before") });
  });

  it("lets one of many through that show it at once", async () => {
    const shown = await provenRequest((await kit.enrol()).show());
    const race = await Promise.allSettled(Array.from({ length: 8 }, () => kit.prove(shown)));
    expect(race.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it.each([
    ["body", { body: Buffer.from("{}") }],
    ["path", { target: "/agent/tunnel/another" }],
    ["query", { target: "/agent/ws?agent_id=another" }],
    ["method", { method: "POST" }],
  ])("is of no other %s", async (_what, other) => {
    const shown = await provenRequest((await kit.enrol()).show());
    await expect(kit.prove({ ...shown, ...other })).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining("is of another"),
    });
  });

  it("is refused minutes later, and minutes ahead, with a word about the clock", async () => {
    const credentials = (await kit.enrol()).show();
    const early = await provenRequest(credentials);
    kit.clock.sleep(301_000);
    await expect(kit.prove(early)).rejects.toMatchObject({ ...invalid, message: expect.stringContaining("set the clock") });
    const fast = new KeyCredentials(
      { agentId: randomUUID(), token: "", key: (await commonKey()).key, certificate: credentials.certificate },
      () => new Date(kit.clock.now().getTime() + 301_000),
    );
    await expect(kit.prove(await provenRequest(fast))).rejects.toMatchObject(invalid);
  });

  it("is nothing by another key than the certificate's, nor without a signature, nor as another agent", async () => {
    const [agent, other] = [await kit.enrol(), await kit.enrol()];
    await expect(kit.prove(await provenRequest(agent.show(agent.reply.certificate, other.key)))).rejects.toMatchObject(invalid);
    const impostor = kit.showing({ ...agent.reply, agentId: other.agentId }, agent.reply.certificate, agent.key);
    await expect(kit.prove(await provenRequest(impostor))).rejects.toMatchObject(refused);
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
      await expect(kit.prove({ ...shown, authorization: `Bearer ${proof}` })).rejects.toMatchObject(invalid);
  });

  it("can't be signed with the public key as if it were a secret", async () => {
    const agent = await kit.enrol();
    const certificate = new X509Certificate(agent.reply.certificate?.cert ?? "");
    const proof = await new SignJWT({ sub: agent.agentId, htm: "GET", htu: "/", bh: "x".repeat(43), jti: randomUUID() })
      .setProtectedHeader({ alg: "HS256", typ: PROOF_TYPE, x5c: [certificate.raw.toString("base64")] })
      .setIssuedAt(Math.floor(kit.clock.now().getTime() / 1000))
      .sign(certificate.publicKey.export({ type: "spki", format: "der" }));
    await expect(kit.prove({ ...(await provenRequest(agent.show())), authorization: `Bearer ${proof}` })).rejects.toMatchObject(invalid);
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
    const agent = await kit.enrol();
    const cert = agent.reply.certificate?.cert ?? "";
    expect(await kit.prove(byTls(cert))).toEqual({ agentId: agent.agentId, name: agent.name });
    expect(new X509Certificate(cert).subjectAltName).toBe(`URI:berth://agent/${agent.agentId}`);
    kit.clock.sleep(24 * HOUR + 1000);
    await expect(kit.prove(byTls(cert))).rejects.toMatchObject(expired);
  });

  it("of another authority is refused, whatever that one is called", async () => {
    const agent = await kit.enrol();
    for (const issuer of [await kit.forger(), await kit.foreignIssuer()])
      await expect(kit.prove(byTls(await certify(issuer, agent)))).rejects.toMatchObject({
        ...invalid,
        message: expect.stringContaining("not of this control plane"),
      });
  });

  it("that this authority signed is refused where it was never written down, or is not an agent's", async () => {
    const agent = await kit.enrol();
    const issuer = await kit.ourIssuer();
    await expect(kit.prove(byTls(await certify(issuer, agent)))).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining("never issued"),
    });
    const server = await makeServerCertificate(issuer, ["localhost"], { serial: serial(), now: kit.clock.now() });
    await expect(kit.prove(byTls(server.certificate))).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining("not for a client"),
    });
    await expect(kit.prove(byTls(issuer.certificate))).rejects.toMatchObject(invalid);
    const nameless = await certify(issuer, { ...agent, agentId: "not-a-uuid" });
    await expect(kit.prove(byTls(nameless))).rejects.toMatchObject({ ...invalid, message: expect.stringContaining("which agent's") });
    for (const der of [Buffer.from("not a certificate"), Buffer.alloc(0)])
      await expect(kit.prove({ ...byTls(server.certificate), certificate: der })).rejects.toMatchObject(invalid);
  });

  it("is refused once it was revoked, or its agent removed or not approved", async () => {
    const [one, two] = [await kit.enrol(), await kit.enrol()];
    await kit.database.agentCertificate.updateMany({ where: { agentId: one.agentId }, data: { revokedAt: kit.clock.now() } });
    await kit.callerOf(kit.admin).agents.remove({ id: two.name });
    for (const { reply } of [one, two]) await expect(kit.prove(byTls(reply.certificate?.cert ?? ""))).rejects.toMatchObject(invalid);
    const three = await kit.enrol();
    await kit.database.agent.update({ where: { id: three.agentId }, data: { approvedAt: null } });
    await expect(kit.prove(byTls(three.reply.certificate?.cert ?? ""))).rejects.toMatchObject(refused);
  });

  it("is made for a key of the server's where no CSR was sent, and that key is kept nowhere", async () => {
    const { reply } = await kit.enrol({ withoutCsr: true });
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
    const { token } = await kit.callerOf(kit.admin).registrationTokens.create({});
    const request = { name: `host-${kit.ids.suffix()}`, version: "1", capabilities: [], labels: {}, platform: "docker" as const };
    const register = (more: { csr?: string }) =>
      kit.services.registrationTokens.register({ token, address: "192.0.2.9", inPlain: false, request: { ...request, ...more } });
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
