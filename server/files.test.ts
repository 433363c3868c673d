import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { execHere } from "../agent/drivers/memory/memory-exec";
import { filesApi } from "../agent/files/files-api";
import { AgentApi } from "../agent/http/agent-api";
import { createLog } from "../agent/log";
import type { Asker } from "./modules/users/users-schema";
import { askDoor } from "./testing/door-calls";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";

let kit: DoorKit;
let agentApi: AgentApi;
let root: string;
let home: string;
let owner: Asker;
let admin: Asker;
let token: string;
let sessionId: string;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "berth-session-")));
  home = join(root, "home");
  agentApi = new AgentApi({ parts: [filesApi({ exec: async (request) => execHere(root, request) })], log: createLog("silent") });
  kit = await startDoorKit();
  await kit.connectAgent("host-a", undefined, (tunnel, session) => agentApi.serve(tunnel, session));
  owner = await makeAsker(kit);
  admin = await makeAsker(kit, "admin");
  token = await kit.tokenOf(owner);
  await kit.callerOf(admin).templates.create({
    name: "a-folder",
    displayName: "A folder",
    category: "Tests",
    image: "berth/test:1",
    display: { protocol: "rfb", port: 5900 },
    defaultResources: { memory: "1Gi", cpu: "1" },
    accessParameters: { writablePaths: [home], readOnlyPaths: [join(root, "manual")] },
  });
  const own = kit.callerOf(owner);
  sessionId = (await own.sessions.create({ template: "a-folder", agentId: "host-a" })).id;
  await vi.waitFor(async () => expect((await own.sessions.get({ id: sessionId })).status.phase).toBe("Running"));
});
afterAll(async () => {
  await kit.close();
  agentApi.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  await rm(root, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  await mkdir(join(root, "manual"));
});

interface Asked {
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
  readonly bearer?: string;
}
const ask = (method: string, rest: string, { body, headers, bearer = token }: Asked = {}) =>
  askDoor(kit.port, {
    method,
    path: rest.startsWith("/") ? rest : `/v1/agents/${sessionId}/files${rest ? `/${rest}` : ""}`,
    headers: { authorization: `Bearer ${bearer}`, ...headers },
    ...(body === undefined ? {} : { raw: Buffer.from(body) }),
  });
const inHome = (name: string) => `${home.slice(1)}/${name}`;

describe("/v1/agents/{containerId}/files", () => {
  it("lists the home, writes, reads and deletes, as the contract has it", async () => {
    const written = await ask("PUT", inHome("notes%20%C3%BC.txt"), { body: "hello" });
    expect([written.status, JSON.parse(written.text)]).toEqual([200, expect.objectContaining({ size: 5 })]);
    const listed = JSON.parse((await ask("GET", "")).text);
    expect(listed).toMatchObject({ path: home, writable: true, entries: [{ name: "notes ü.txt", kind: "file", size: 5 }] });
    expect(listed.roots).toEqual([
      { path: home, writable: true },
      { path: join(root, "manual"), writable: false },
    ]);
    const read = await ask("GET", inHome("notes%20%C3%BC.txt"));
    expect([read.status, read.text, read.headers.etag]).toEqual([200, "hello", written.headers.etag]);
    expect((await ask("DELETE", inHome("notes%20%C3%BC.txt"))).status).toBe(204);
    expect(await readdir(home)).toEqual([]);
  });

  it("answers refusals in the contract's words, with the catalogue's code in small letters", async () => {
    const { status, text } = await ask("GET", inHome("none"));
    expect([status, JSON.parse(text)]).toEqual([404, { error: "file_not_found", message: expect.stringContaining(`${home}/none`) }]);
    expect((await ask("PUT", `${root.slice(1)}/manual/x`, { body: "x" })).code).toBe("FILE_OUTSIDE");
    expect((await ask("GET", "etc/hostname")).code).toBe("FILE_OUTSIDE");
    expect((await ask("POST", inHome("x"))).status).toBe(405);
  });

  it.each(["%2e%2e/secret", "..%2fsecret", "a%2Fb", "a%00b", "%zz", "a//b", "./a", "x%5C..%5C..", "a/"])(
    "never follows %s",
    async (path) => {
      await writeFile(join(root, "secret"), "secret");
      const answer = await ask("GET", inHome(path));
      expect([400, 404]).toContain(answer.status);
    },
  );

  it("gives what is in a file to keep, and never as a page of ours", async () => {
    await writeFile(join(home, 'pa"ge.html'), "<script>alert(1)</script>");
    const { headers } = await ask("GET", inHome("pa%22ge.html"));
    expect(headers).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename="pa_ge.html"; filename*=UTF-8''pa%22ge.html`,
      "content-security-policy": expect.stringContaining("sandbox"),
      "x-content-type-options": "nosniff",
    });
  });

  it("takes no change by cookie from a page of another origin", async () => {
    const answer = await askDoor(kit.port, {
      method: "PUT",
      path: `/v1/agents/${sessionId}/files/${inHome("x")}`,
      headers: { cookie: "berth-session=x", origin: "https://elsewhere.example" },
      raw: Buffer.from("x"),
    });
    expect(answer).toMatchObject({ status: 403, code: "AUTH_ORIGIN_REFUSED" });
    expect(await readdir(home)).toEqual([]);
  });

  it("lets one of two editors win, and says 412 to the other", async () => {
    const { headers } = await ask("PUT", inHome("shared"), { body: "one" });
    const etag = String(headers.etag);
    expect((await ask("PUT", inHome("shared"), { body: "two", headers: { "if-match": etag } })).status).toBe(200);
    expect(await ask("PUT", inHome("shared"), { body: "three", headers: { "if-match": etag } })).toMatchObject({
      status: 412,
      code: "FILE_CHANGED",
    });
    expect(await readFile(join(home, "shared"), "utf8")).toBe("two");
  });

  it("reads with a token that may only read, and changes nothing with it", async () => {
    const { value } = await kit.callerOf(owner).tokens.create({ name: "reader", scope: "read" });
    await writeFile(join(home, "file"), "x");
    expect((await ask("GET", inHome("file"), { bearer: value })).status).toBe(200);
    expect(await ask("DELETE", inHome("file"), { bearer: value })).toMatchObject({ status: 403 });
  });

  it("carries 20 MB each way whole, beyond what any other body may have", async () => {
    const bytes = Buffer.alloc(20 * 1024 * 1024, "0123456789abcdef");
    expect((await ask("PUT", inHome("large"), { body: bytes })).status).toBe(200);
    expect((await readFile(join(home, "large"))).equals(bytes)).toBe(true);
    expect((await ask("GET", inHome("large"))).text.length).toBe(bytes.length);
  });
});

describe("an upload in parts and a folder at once", () => {
  it("goes on where it was, and takes its place when it is whole", async () => {
    const upload = `/api/v1/sessions/${sessionId}/uploads/upload-1/${inHome("big")}`;
    expect(JSON.parse((await ask("PUT", `${upload}?offset=0&size=6`, { body: "abc" })).text)).toEqual({ offset: 3 });
    expect(JSON.parse((await ask("GET", upload)).text)).toEqual({ offset: 3 });
    expect(await ask("PUT", `${upload}?offset=0&size=6`, { body: "abc" })).toMatchObject({ status: 409, code: "UPLOAD_OFFSET" });
    expect((await ask("PUT", `${upload}?offset=3&size=6`, { body: "def" })).status).toBe(200);
    expect(await readFile(join(home, "big"), "utf8")).toBe("abcdef");
  });

  it("comes as a tar and goes as one", async () => {
    await mkdir(join(home, "from"));
    await writeFile(join(home, "from", "file"), "content");
    const archive = `/api/v1/sessions/${sessionId}/archive/`;
    const { text, headers } = await ask("GET", `${archive}${inHome("from")}`);
    expect(headers["content-disposition"]).toContain("from.tar");
    expect((await ask("PUT", `${archive}${inHome("to")}`, { body: text })).status).toBe(204);
    expect(await readFile(join(home, "to", "from", "file"), "utf8")).toBe("content");
  });

  it("goes as a zip where that is asked for, and as nothing else", async () => {
    await mkdir(join(home, "zipped"));
    await writeFile(join(home, "zipped", "file"), "content");
    const archive = `/api/v1/sessions/${sessionId}/archive/${inHome("zipped")}`;
    const { status, text, headers } = await ask("GET", `${archive}?archive=zip`);
    expect(status).toBe(200);
    expect(headers["content-disposition"]).toContain("zipped.zip");
    expect(text.slice(0, 4)).toBe("PK\u0003\u0004");
    expect(text).toContain("zipped/file");
    expect(await ask("GET", `${archive}?archive=rar`)).toMatchObject({ status: 400, code: "INVALID_PARAMETER" });
  });
});

describe("a policy that lets no files in or out", () => {
  it("closes them for the owner too, and the session says so", async () => {
    const own = kit.callerOf(owner);
    await own.sessions.setPolicy({ id: sessionId, policy: { fileTransfer: false } });
    expect(await ask("GET", "")).toMatchObject({ status: 403, code: "FILES_OFF" });
    expect((await own.sessions.get({ id: sessionId })).may.files).toBe(false);
    await kit.callerOf(admin).sessions.setPolicy({ id: sessionId, policy: { fileTransfer: true } });
    expect((await ask("GET", "")).status).toBe(200);
  });
});

describe("by tRPC", () => {
  it("makes folders, moves and removes, and the audit log has each", async () => {
    const { files } = kit.callerOf(owner);
    await files.makeFolder({ id: sessionId, path: join(home, "one") });
    await files.move({ id: sessionId, from: join(home, "one"), to: join(home, "two") });
    expect((await files.list({ id: sessionId })).entries).toMatchObject([{ name: "two", kind: "folder" }]);
    await files.remove({ id: sessionId, path: join(home, "two") });
    await expect(files.remove({ id: sessionId, path: `${home}/../x` })).rejects.toMatchObject({ message: expect.stringContaining("path") });
    const { entries } = await kit.callerOf(admin).audit.list({ limit: 3 });
    expect(entries.map(({ action }) => action).sort()).toEqual(["files.delete", "files.make_folder", "files.move"]);
  });

  it("lets an administrator in for a reason alone, which the owner sees once and the audit log keeps", async () => {
    const { files } = kit.callerOf(admin);
    await expect(files.list({ id: sessionId })).rejects.toMatchObject({ message: expect.stringContaining("say why") });
    await files.list({ id: sessionId, reason: "ticket 12" });
    await files.list({ id: sessionId, reason: "ticket 12" });
    const { events } = await kit.callerOf(owner).sessions.events({ id: sessionId });
    expect(events.filter(({ kind }) => kind === "files_opened").map(({ message }) => message)).toEqual([
      expect.stringContaining("ticket 12"),
    ]);
    const { entries } = await kit.callerOf(admin).audit.list({ action: "files.open" });
    expect(entries).toMatchObject([{ actorName: admin.username, details: { reason: "ticket 12", owner: owner.username } }]);
  });
});
