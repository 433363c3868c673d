import { execFileSync } from "node:child_process";
import { createPrivateKey, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  NODE_HEADER,
  nodeEventsSchema,
  nodeHealthSchema,
  WORKSPACE_HEADER,
  workspaceSchema,
  workspacesSchema,
} from "@berth/protocol/node-api";
import getPort from "get-port";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createAgent } from "../agent/agent";
import { MemoryDriver } from "../agent/drivers/memory/memory-driver";
import { readManagementToken } from "../agent/http/node/management-token";
import { createLog } from "../agent/log";
import type { Asker } from "./modules/users/users-schema";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";
import type { NodeRequest } from "./tunnel/node-api";

let kit: DoorKit;
let folder: string;
let nodeId: string;
let agent: ReturnType<typeof createAgent>;
let driver: MemoryDriver;
let admin: Asker;
let repositories: Server;
let repository: string;
/** Where the node's API listens too. */
let base: string;

beforeAll(async () => {
  kit = await startDoorKit({ startsAt: new Date() });
  folder = await mkdtemp(join(tmpdir(), "berth-node-"));
  const { credentials, agentId, reply } = await kit.enrolAgent("host-a");
  nodeId = agentId;
  await mkdir(join(folder, "home"));
  driver = new MemoryDriver({ programsIn: join(folder, "home") });
  const port = await getPort();
  base = `http://127.0.0.1:${port}`;
  const node = { agentId, authority: () => reply.certificate?.ca ?? "", listen: { host: "127.0.0.1", port } };
  agent = createAgent({ url: new URL(kit.origin), name: "host-a", credentials, dataDir: folder, driver, log: createLog("silent"), node });
  await agent.start();
  await agent.untilRegistered();
  admin = await makeAsker(kit, "admin");
  await serveRepository();
});
afterAll(async () => {
  await agent.stop();
  repositories.close();
  await kit.close();
  await rm(folder, { recursive: true, force: true });
});

/** With a branch `main` of one file, over plain HTTP. */
async function serveRepository(): Promise<void> {
  const [work, bare] = [join(folder, "work"), join(folder, "project.git")];
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.org", ...args], { stdio: "ignore" });
  git("init", "-q", "-b", "main", work);
  await writeFile(join(work, "README"), "hello\n");
  git("-C", work, "add", ".");
  git("-C", work, "commit", "-qm", "first");
  git("clone", "-q", "--bare", work, bare);
  git("-C", bare, "update-server-info");
  repositories = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    readFile(join(folder, path)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  }).listen(0, "127.0.0.1");
  await once(repositories, "listening");
  repository = `http://127.0.0.1:${(repositories.address() as AddressInfo).port}/project.git`;
}

type Told = { readonly workspace?: string; readonly token?: string; readonly headers?: Record<string, string>; readonly direct?: boolean };

async function ask(method: NodeRequest["method"], path: string, body?: unknown, told: Told = {}): Promise<unknown> {
  const { workspace = /^\/workspaces\/([^/?]+)/.exec(path)?.[1], direct = false } = told;
  const token = told.token ?? (await kit.management.token({ node: nodeId, workspace }));
  const headers = {
    authorization: `Bearer ${token}`,
    [NODE_HEADER]: nodeId,
    ...(workspace ? { [WORKSPACE_HEADER]: workspace } : {}),
    ...told.headers,
  };
  const target = { agentId: nodeId, agentName: "host-a", baseUrl: direct ? base : null };
  return kit.doors.nodeApi.request(target, { method, path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}
const wish = (more: Record<string, unknown> = {}) => ({
  workspaceId: randomUUID(),
  repository,
  branch: "main",
  callbackToken: "a-token",
  image: "memory/desktop",
  ...more,
});
const get = async (id: string) => workspaceSchema.parse(await ask("GET", `/workspaces/${id}`));
const untilStatus = (id: string, status: string) => vi.waitFor(async () => expect(await get(id)).toMatchObject({ status }));
const eventsOf = async (id: string) => nodeEventsSchema.parse(await ask("GET", `/workspaces/${id}/events`)).events.map(({ type }) => type);

describe("a node's own API", () => {
  it("tells its health and events, by tunnel and where it listens", async () => {
    for (const direct of [false, true]) {
      const health = nodeHealthSchema.parse(await ask("GET", "/health", undefined, { direct }));
      expect(health).toMatchObject({ status: "healthy", ready: true, nodeId, readiness: { engine: true, controlPlane: true } });
    }
    driver.engineGoesAway("it was ended");
    expect(await ask("GET", "/health")).toMatchObject({
      status: "degraded",
      ready: false,
      readiness: { engine: false, reason: "it was ended" },
    });
    driver.engineReturns();
    const { events } = nodeEventsSchema.parse(await ask("GET", "/events"));
    expect(events.map(({ type }) => type)).toContain("node.connected");
  });

  it("makes a workspace with its repository, and stops, restarts and deletes it", async () => {
    const asked = wish();
    const id = asked.workspaceId;
    expect(await ask("POST", "/workspaces", asked)).toMatchObject({ workspaceId: id, status: "starting", repository, branch: "main" });
    await untilStatus(id, "running");
    expect(await get(id)).toMatchObject({ reason: null, image: "memory/desktop" });
    expect(await readFile(join(folder, "home", "project", "README"), "utf8")).toBe("hello\n");
    await expect(ask("POST", "/workspaces", asked)).rejects.toMatchObject({ code: "SESSION_ALREADY_EXISTS" });
    expect(await ask("POST", `/workspaces/${id}/stop`)).toMatchObject({ status: "stopped" });
    await expect(ask("POST", `/workspaces/${id}/stop`)).rejects.toMatchObject({ code: "SESSION_NOT_RUNNING" });
    await ask("POST", `/workspaces/${id}/restart`);
    await untilStatus(id, "running");
    await vi.waitFor(async () => {
      const { orphans } = await kit.callerOf(admin).agents.get({ id: "host-a" });
      expect(orphans).toMatchObject([{ sessionId: id, observed: "running", generation: 2 }]);
    });
    expect((await eventsOf(id)).filter((type) => /^workspace\.(created|cloned|running|stopped|restarted)$/.test(type))).toEqual(
      ["running", "restarted", "stopped", "running", "cloned", "created"].map((word) => `workspace.${word}`),
    );
    expect(await ask("DELETE", `/workspaces/${id}`)).toEqual({ deleted: true });
    await expect(get(id)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("says why a workspace failed, or lacks its repository", async () => {
    await rm(join(folder, "home", "project"), { recursive: true });
    const [failing, lacking] = [wish({ image: "memory/fail:image-not-found" }), wish({ branch: "none" })];
    await ask("POST", "/workspaces", lacking);
    await untilStatus(lacking.workspaceId, "running");
    expect((await get(lacking.workspaceId)).reason).toMatch(/git could not clone .*none/s);
    expect(await eventsOf(lacking.workspaceId)).toContain("workspace.not_cloned");
    await ask("POST", "/workspaces", failing);
    await untilStatus(failing.workspaceId, "failed");
    expect((await get(failing.workspaceId)).reason).toMatch(/IMAGE_NOT_FOUND/);
    for (const { workspaceId } of [failing, lacking]) await ask("DELETE", `/workspaces/${workspaceId}`);
  });

  it("shows the control plane's sessions, and leaves changes of them to it", async () => {
    const owner = await makeAsker(kit);
    const { id } = await kit.callerOf(owner).sessions.create({ template: "terminal-desktop", agentId: "host-a" });
    await vi.waitFor(async () => expect((await kit.callerOf(owner).sessions.get({ id })).status.phase).toBe("Running"));
    const { workspaces } = workspacesSchema.parse(await ask("GET", "/workspaces"));
    expect(workspaces).toMatchObject([{ workspaceId: id, status: "running", repository: null }]);
    for (const [method, rest] of [
      ["POST", "/stop"],
      ["POST", "/restart"],
      ["DELETE", ""],
    ] as const)
      await expect(ask(method, `/workspaces/${id}${rest}`)).rejects.toMatchObject({ code: "AUTH_INSUFFICIENT_PERMISSIONS" });
  });

  it("refuses a wish that a program could take for something else, naming the field", async () => {
    for (const [field, value] of [
      ["repository", "ext::sh -c id"],
      ["repository", "--upload-pack=id"],
      ["repository", "file:///etc"],
      ["branch", "--orphan"],
      ["workspaceId", "../x"],
      ["privileged", true],
    ] as const)
      await expect(ask("POST", "/workspaces", wish({ [field]: value }))).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
        message: expect.stringContaining(field),
      });
    await expect(ask("GET", "/events?limit=0")).rejects.toMatchObject({ code: "INVALID_PARAMETER" });
    await expect(ask("DELETE", "/health")).rejects.toMatchObject({ code: "METHOD_NOT_ALLOWED" });
    await expect(ask("GET", `/workspaces/${randomUUID()}/agent-sessions`)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("who calls a node", () => {
  const refused = (told: Told, path = "/health") => expect(ask("GET", path, undefined, { direct: true, ...told })).rejects;

  it("shows a token for this node, and below a workspace's path for that workspace, in path, header and claims", async () => {
    const [id, other] = [randomUUID(), randomUUID()];
    const tokenOf = (node: string, workspace?: string) => kit.management.token({ node, workspace });
    const forbidden = { code: "AUTH_INSUFFICIENT_PERMISSIONS" };
    await refused({ token: await tokenOf(randomUUID()) }).toMatchObject(forbidden);
    await refused({ headers: { [NODE_HEADER]: "host-b" } }).toMatchObject(forbidden);
    await refused({ workspace: other }, `/workspaces/${id}`).toMatchObject(forbidden);
    await refused({ token: await tokenOf(nodeId, id), workspace: other }, `/workspaces/${id}`).toMatchObject(forbidden);
    await refused({ token: await tokenOf(nodeId) }, `/workspaces/${id}`).toMatchObject(forbidden);
    await refused({}, `/workspaces/${id}`).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("is nobody with a token that is over, of another kind, or signed by an agent's own key", async () => {
    const old = await kit.management.token({ node: nodeId });
    const nobody = { status: 401 };
    const answer = await fetch(`${base}/health`, { headers: { [NODE_HEADER]: nodeId } });
    expect([answer.status, await answer.json()]).toEqual([401, { error: "unauthorized", message: expect.any(String) }]);
    const { reply, key } = await kit.enrolAgent("forger");
    const x5c = (reply.certificate?.cert.match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map((pem) =>
      pem.replace(/-----[A-Z ]+-----|\s/g, ""),
    );
    const now = Math.floor(Date.now() / 1000);
    const forged = await new SignJWT({ node: nodeId, aud: "node-management", iat: now, exp: now + 60 })
      .setProtectedHeader({ alg: "ES256", typ: "berth-node+jwt", x5c })
      .sign(createPrivateKey(key));
    await refused({ token: forged }).toMatchObject(nobody);
    await refused({ token: `${old.slice(0, -8)}AAAAAAAA` }).toMatchObject(nobody);
    await refused({ token: await kit.tokenOf(admin) }).toMatchObject(nobody);
    const readIn = (ms: number) => readManagementToken(`Bearer ${old}`, reply.certificate?.ca ?? "", new Date(Date.now() + ms));
    expect(await readIn(0)).toEqual({ node: nodeId, workspace: undefined });
    await expect(readIn(400_000)).rejects.toMatchObject(nobody);
  });
});

describe("an agent's events", () => {
  it("are read page by page through its tunnel, and where an administrator says that it listens", async () => {
    const { agents } = kit.callerOf(admin);
    const first = await agents.nodeEvents({ id: "host-a", limit: 2 });
    expect(first.events).toHaveLength(2);
    const second = await agents.nodeEvents({ id: "host-a", limit: 2, cursor: first.nextCursor ?? "" });
    expect(Number(second.events[0]?.id)).toBe(Number(first.events[1]?.id) - 1);
    await agents.update({ id: "host-a", nodeApiUrl: base });
    expect(await agents.get({ id: "host-a" })).toMatchObject({ nodeApiUrl: base });
    expect((await agents.nodeEvents({ id: "host-a", limit: 1 })).events).toHaveLength(1);
    await agents.update({ id: "host-a", nodeApiUrl: `http://127.0.0.1:${await getPort()}` });
    await expect(agents.nodeEvents({ id: "host-a" })).rejects.toMatchObject({ cause: { code: "TUNNEL_FAILED" } });
    await agents.update({ id: "host-a", nodeApiUrl: null });
    expect((await agents.nodeEvents({ id: "host-a", limit: 1 })).events).toHaveLength(1);
  });

  it("are not there of an agent that keeps none, and no operator says where one listens", async () => {
    await kit.enrolAgent("host-c");
    await expect(kit.callerOf(admin).agents.nodeEvents({ id: "host-c" })).rejects.toMatchObject({ cause: { code: "AGENT_TOO_OLD" } });
    const operator = kit.callerOf(await makeAsker(kit, "operator"));
    await expect(operator.agents.update({ id: "host-a", nodeApiUrl: base })).rejects.toMatchObject({
      cause: { code: "AUTH_INSUFFICIENT_PERMISSIONS" },
    });
    await expect(kit.callerOf(admin).agents.update({ id: "host-a", nodeApiUrl: "http://u:p@x/" })).rejects.toThrow(/password/);
  });
});
