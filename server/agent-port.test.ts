import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request as httpsRequest } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createAgent } from "../agent/agent";
import { enrol } from "../agent/cli/enrolment";
import type { AgentSettings } from "../agent/cli/options";
import { askControlPlane } from "../agent/connection/ask-control-plane";
import { MemoryDriver } from "../agent/drivers/memory/memory-driver";
import { believing, fingerprintOf, KeyCredentials, type TlsOptions } from "../agent/identity/credentials";
import { makeKeyPair } from "../agent/identity/key-pair";
import { Renewal } from "../agent/identity/renewal";
import { createLog } from "../agent/log";
import { openAgentPort } from "./agent-port";
import { loadConfig } from "./config";
import type { Asker } from "./modules/users/users-schema";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";

let kit: DoorKit;
let admin: Asker;
let url: URL;
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  kit = await startDoorKit({ agentPort: true, startsAt: new Date() });
  admin = await makeAsker(kit, "admin");
  url = new URL(`https://localhost:${kit.agentPort}`);
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => kit.close());

const log = createLog("silent");
const clock = { now: () => kit.clock.now() };
const never = () => Promise.reject(new Error("it was not to wait"));

async function settingsFor(name: string, more: Partial<AgentSettings> & { approval?: boolean } = {}): Promise<AgentSettings> {
  const { approval = false, ...overrides } = more;
  const dataDir = await mkdtemp(join(tmpdir(), "berth-agent-"));
  ends.push(() => rm(dataDir, { recursive: true, force: true }));
  const { token, command } = await kit.callerOf(admin).registrationTokens.create({ agentName: name, approval });
  return {
    url,
    name,
    dataDir,
    token: { value: token },
    caSha256: / --ca-sha256 (\w+)/.exec(command)?.[1],
    driver: "memory",
    dockerHost: undefined,
    dockerTls: undefined,
    region: undefined,
    labels: {},
    limits: {},
    logLevel: "silent",
    insecure: false,
    ...overrides,
  };
}

async function enrolled(name: string) {
  const settings = await settingsFor(name);
  return { settings, ...(await enrol(settings, { log, clock, wait: never })) };
}

/** A certificate without the proof: what the port asks for, and nothing else. */
const ask = (tls: TlsOptions, method: "GET" | "POST", path: string, headers = {}) =>
  askControlPlane(url, { method, path, tls, headers, ...(method === "POST" ? { body: Buffer.from("{}") } : {}) });

describe("an agent on the agents' port", () => {
  it("enrols with the authority that its command names, runs a session by its certificate alone, and ends with its removal", async () => {
    const { settings, credentials } = await enrolled("host-tls");
    const agent = createAgent({
      url,
      name: settings.name,
      // No proof: the connection's own certificate has to do.
      credentials: { headers: async () => ({}), tls: () => credentials.tls() },
      dataDir: settings.dataDir,
      driver: new MemoryDriver(),
      log,
    });
    await agent.start();
    ends.push(() => agent.stop());
    await agent.untilRegistered();
    const session = await kit.callerOf(admin).sessions.create({ template: "terminal-desktop", agentId: "host-tls" });
    await vi.waitFor(async () => expect((await kit.callerOf(admin).sessions.get({ id: session.id })).status.phase).toBe("Running"));
    const { id } = await kit.callerOf(admin).agents.get({ id: "host-tls" });
    let asked = { id: "", secret: "" };
    const tunnel = await kit.doors.broker.open({ agentId: id, agentName: "host-tls" }, (made) => {
      asked = made;
      return { type: "logs_request", tunnel_id: made.id, tunnel_secret: made.secret, session_id: session.id, tail: 1, follow: true };
    });
    const ended = new Promise((resolve) => tunnel.on("close", resolve).resume());
    expect(asked.id).not.toBe("");
    await kit.callerOf(admin).agents.remove({ id: "host-tls" });
    // As main does at the word of the bus.
    kit.doors.agents.disconnect(id, "the agent was removed");
    kit.doors.broker.endAgent(id);
    await ended;
    await vi.waitFor(() => expect(kit.doors.agents.isConnected(id)).toBe(false));
    expect((await ask(credentials.tls(), "POST", `/api/v1/agents/${id}/certificate`)).status).toBe(401);
  });

  it("is asked who it is: nothing without a certificate, as another agent, or with one of another's making", async () => {
    const { kept, credentials } = await enrolled("host-a");
    const other = await enrolled("host-b");
    const path = `/api/v1/agents/${kept.agentId}/certificate`;
    expect((await ask(credentials.tls(), "POST", path)).status).toBe(200);
    expect((await ask({ ca: credentials.tls().ca ?? [] }, "POST", path)).status).toBe(401);
    expect((await ask(other.credentials.tls(), "POST", path)).status).toBe(403);
    // A certificate is who one is, whatever proof is sent beside it.
    const headers = await credentials.headers("POST", path, Buffer.from("{}"));
    expect((await ask(other.credentials.tls(), "POST", path, headers)).status).toBe(403);
    const { key } = await makeKeyPair("forger");
    const { makeAgentCertificate, makeAuthority } = await import("./modules/identity/certificate-making");
    const { createPublicKey } = await import("node:crypto");
    const { issuing } = await makeAuthority({ name: "Forger", now: new Date(), serials: ["01aa", "01ab"] });
    const forged = await makeAgentCertificate(
      issuing,
      { id: kept.agentId, name: "host-a", publicKey: createPublicKey(key) },
      { serial: "01ac", now: new Date() },
    );
    expect((await ask({ cert: forged.certificate, key, ca: credentials.tls().ca ?? [] }, "POST", path)).status).toBe(401);
  });

  it("speaks for the agent in its address alone, on the channel too", async () => {
    const { credentials } = await enrolled("host-c");
    expect(await upgrade("/agent/ws?agent_id=host-c&platform=docker", credentials.tls())).toBe(101);
    expect(await upgrade("/agent/ws?agent_id=host-a&platform=docker", credentials.tls())).toBe(403);
  });

  it("finds nothing of people's there", async () => {
    const { credentials } = await enrolled("host-d");
    for (const path of ["/", "/sign-in", "/api/v1/sessions", "/api/trpc/auth.me", "/metrics", "/healthz", "/agent/install.sh"])
      expect((await ask(credentials.tls(), "GET", path)).status).toBe(404);
    for (const path of ["/live", "/vnc-viewer/x?ticket=y"]) expect(await upgrade(path, credentials.tls())).toBe(404);
  });
});

function upgrade(path: string, tls: TlsOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const dial = httpsRequest(new URL(path, url), { ...tls, agent: false, headers });
    dial.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    dial.on("response", (response) => resolve(response.resume().statusCode ?? 0));
    dial.on("error", reject);
    dial.end();
  });
}

describe("enrolment", () => {
  it("is not begun with a control plane that the command doesn't name, and the token stays good", async () => {
    const settings = await settingsFor("host-e", { caSha256: "0".repeat(64) });
    await expect(enrol(settings, { log, clock, wait: never })).rejects.toThrow("is not the control plane that this command was made by");
    const byName = { ...settings, caSha256: undefined };
    // Without the hash nobody vouches for this port's certificate.
    await expect(enrol(byName, { log, clock, wait: never })).rejects.toThrow("it was not to wait");
    const right = { ...settings, caSha256: await kit.authority.pin() };
    expect((await enrol(right, { log, clock, wait: never })).kept.name).toBe("host-e");
  });

  it("waits for the approval of the key that it tells of, by the port where it enrolled", async () => {
    const settings = await settingsFor("host-f", { approval: true });
    let waits = 0;
    const { credentials } = await enrol(settings, {
      log,
      clock,
      wait: async () => {
        waits += 1;
        const { identity } = await kit.callerOf(admin).agents.get({ id: "host-f" });
        if (waits === 2) await kit.callerOf(admin).agents.approve({ id: "host-f", keyFingerprint: identity.keyFingerprint ?? "" });
      },
    });
    expect(waits).toBe(2);
    expect(await upgrade("/agent/ws?agent_id=host-f&platform=docker", credentials.tls())).toBe(101);
  });

  it("exchanges the secret of an agent from before there were certificates, once", async () => {
    const { settings, path, kept } = await enrolled("host-g");
    const { hashSecret } = await import("./platform/ids");
    await kit.database.agent.update({ where: { id: kept.agentId }, data: { secretHash: hashSecret("old"), keyFingerprint: null } });
    const { writeFile } = await import("node:fs/promises");
    const old = JSON.stringify({ name: "host-g", agentId: kept.agentId, token: "old", url: url.origin });
    await writeFile(path, old);
    const again = await enrol({ ...settings, token: null }, { log, clock, wait: never });
    expect(again.kept.key).toContain("PRIVATE KEY");
    expect(await upgrade("/agent/ws?agent_id=host-g&platform=docker", again.credentials.tls())).toBe(101);
    // The answer was lost, or the agent with it: it has kept its key, and asks again.
    const asking = await makeKeyPair("host-g");
    await kit.database.agent.update({
      where: { id: kept.agentId },
      data: { secretHash: hashSecret("old"), secretExchangedAt: kit.clock.now(), keyFingerprint: fingerprintOf(asking.key) },
    });
    await writeFile(path, JSON.stringify({ ...JSON.parse(old), asking }));
    const repeated = await enrol({ ...settings, token: null }, { log, clock, wait: never });
    expect(repeated.kept).toMatchObject({ key: asking.key, asking: undefined });
    expect(await upgrade("/agent/ws?agent_id=host-g&platform=docker", repeated.credentials.tls())).toBe(101);
    await writeFile(path, old);
    await expect(enrol({ ...settings, token: null }, { log, clock, wait: never })).rejects.toThrow("exchanged before");
  });
});

describe("an agent's certificate", () => {
  it("is renewed in its last hour and kept, and the agent goes on by the new one", async () => {
    const { path, kept, credentials } = await enrolled("host-h");
    const renewal = new Renewal({ url, kept, path, credentials, clock: kit.clock, log });
    ends.push(() => renewal.stop());
    await renewal.start();
    expect(credentials.certificate).toEqual(kept.certificate);
    kit.clock.sleep(23.5 * 3_600_000);
    ends.push(() => kit.clock.sleep(-23.5 * 3_600_000));
    await renewal.look();
    expect(credentials.certificate?.expiresAt).not.toBe(kept.certificate?.expiresAt);
    const { readIdentity } = await import("../agent/identity/identity-file");
    expect((await readIdentity(path))?.certificate).toEqual(credentials.certificate);
    expect(await upgrade("/agent/ws?agent_id=host-h&platform=docker", credentials.tls())).toBe(101);
  });

  it("outlives a change of the authority: who knows the old root alone finds its way to the new one", async () => {
    const { kept, credentials } = await enrolled("host-i");
    await kit.authority.rotate({ kind: "system" });
    const { agentPortTls } = await import("./agent-port");
    kit.doors.agentListener?.renewTls(await agentPortTls(kit.authority, kit.config));
    expect(await upgrade("/agent/ws?agent_id=host-i&platform=docker", credentials.tls())).toBe(101);
    const { status, text } = await ask(credentials.tls(), "POST", `/api/v1/agents/${kept.agentId}/certificate`);
    expect(status).toBe(200);
    const renewed = new KeyCredentials({ ...kept, key: kept.key ?? "", certificate: JSON.parse(text).certificate }, clock.now);
    expect(await upgrade("/agent/ws?agent_id=host-i&platform=docker", renewed.tls())).toBe(101);
    // The new root alone leads there too: what a host is told that enrols today.
    const newest = (await kit.authority.bundle()).split(/(?<=END CERTIFICATE-----\n)/)[0] ?? "";
    expect(
      await upgrade("/agent/ws?agent_id=host-i&platform=docker", { ...renewed.tls(), ca: believing(newest), secureContext: undefined }),
    ).toBe(101);
  });
});

describe("a heartbeat by request", () => {
  const beat = async (name: string, tls: TlsOptions, body: Record<string, unknown>) => {
    const path = `/api/v1/agents/${name}/heartbeat`;
    const { status, text } = await askControlPlane(url, { method: "POST", path, tls, body: Buffer.from(JSON.stringify(body)) });
    return { status, body: JSON.parse(text) };
  };

  it("tells of usage, of what is wrong, and how far the clock is off, and keeps an agent without a channel from being offline", async () => {
    const { credentials } = await enrolled("host-beat");
    const seen = async () => {
      await kit.heartbeats.flush();
      return kit.callerOf(admin).agents.get({ id: "host-beat" });
    };
    expect(await seen()).toMatchObject({ status: "offline", statusReason: "It has not connected yet" });
    const timestamp = new Date(kit.clock.now().getTime() - 42_000).toISOString();
    const said = {
      status: "healthy",
      resourceUsage: { cpu: 15.5, memory: 45.2, disk: 60 },
      capabilities: ["docker", "compose"],
      runningTasks: 2,
      timestamp,
    };
    expect(await beat("host-beat", credentials.tls(), said)).toEqual({ status: 200, body: { tasks: [] } });
    expect(await seen()).toMatchObject({
      status: "online",
      statusReason: expect.stringContaining("has no channel"),
      resourceUsage: { cpu: 15.5, memory: 45.2, disk: 60 },
      capabilities: ["docker", "compose"],
      identity: { clockSkewMs: -42_000 },
    });
    kit.clock.sleep(31_000);
    ends.push(() => kit.clock.sleep(-31_000));
    expect(await seen()).toMatchObject({ status: "offline", statusReason: "Its heartbeats ended" });
    expect((await beat("host-beat", credentials.tls(), { status: "well" })).status).toBe(400);
    expect((await beat("host-a", credentials.tls(), {})).status).toBe(403);
  });

  it("renews the certificate in its last hour for the same key, and at any time for the key of a CSR", async () => {
    const { kept, credentials } = await enrolled("host-renewed");
    const asked = await beat(kept.agentId, credentials.tls(), { csr: (await makeKeyPair("host-renewed")).csr });
    expect(asked.body.certificateRenewal).toMatchObject({ cert: expect.stringContaining("BEGIN CERTIFICATE") });
    kit.clock.sleep(23 * 3_600_000 + 1000);
    ends.push(() => kit.clock.sleep(-23 * 3_600_000 - 1000));
    const { body } = await beat(kept.agentId, credentials.tls(), {});
    const { X509Certificate, createPrivateKey } = await import("node:crypto");
    const renewed = new X509Certificate(body.certificateRenewal.cert);
    expect(renewed.checkPrivateKey(createPrivateKey(kept.key ?? ""))).toBe(true);
    expect(new Date(renewed.validTo).toISOString()).toBe(body.certificateRenewal.expiresAt);
  });
});

it("names the variable when its port is taken", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  ends.push(() => taken.close());
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const parts = { config: loadConfig({ AGENT_TLS_PORT: String(port) }), authority: kit.authority, clock: kit.clock, log: kit.log };
  const server = kit.doors.listener.server;
  const listener = { server, renewTls: () => {}, listen: () => once(createServer().listen(port, "127.0.0.1"), "listening").then(() => {}) };
  await expect(openAgentPort(listener, parts)).rejects.toThrow(`AGENT_TLS_PORT: port ${port} on 127.0.0.1 is in use`);
});
