import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Agent, createAgent } from "../agent/agent";
import { MemoryDriver } from "../agent/drivers/memory/memory-driver";
import { createLog } from "../agent/log";
import type { Asker } from "./modules/users/users-schema";
import { CutWire } from "./testing/cut-wire";
import { askDoor } from "./testing/door-calls";
import { type DoorKit, startDoorKit } from "./testing/door-kit";
import { makeAsker } from "./testing/factories";

const MIB = 1024 * 1024;
const bytes = Buffer.from(Array.from({ length: 3 * MIB }, (_, at) => (at * 7 + (at >> 8)) % 251));

let kit: DoorKit;
let owner: Asker;
let token: string;
let root: string;
let home: string;
let wire: CutWire;
let agent: Agent;
let sessionId: string;

beforeAll(async () => {
  kit = await startDoorKit({ loginsPerMinute: 10_000 });
  owner = await makeAsker(kit);
  token = await kit.tokenOf(owner);
});
afterAll(() => kit.close());
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "berth-broken-")));
  home = join(root, "home");
  await mkdir(home);
});
afterEach(async () => {
  await agent.stop();
  wire.close();
  await rm(root, { recursive: true, force: true });
});

/** A real agent behind a wire that can be cut, and a session on it. */
async function start(name: string, counted: "toAgent" | "fromAgent"): Promise<void> {
  wire = await CutWire.start(kit.port, counted);
  const { credentials } = await kit.enrolAgent(name);
  const driver = new MemoryDriver({ programsIn: home });
  agent = createAgent({ url: wire.url, name, credentials, dataDir: root, driver, log: createLog("silent") });
  await agent.start();
  await agent.untilRegistered();
  await kit.callerOf(await makeAsker(kit, "admin")).templates.create({
    name,
    displayName: "A folder",
    category: "Tests",
    image: "berth/test:1",
    display: { protocol: "rfb", port: 5900 },
    defaultResources: { memory: "1Gi", cpu: "1" },
    accessParameters: { writablePaths: [home] },
  });
  const own = kit.callerOf(owner);
  sessionId = (await own.sessions.create({ template: name, agentId: name })).id;
  await expect.poll(async () => (await own.sessions.get({ id: sessionId })).status.phase).toBe("Running");
}

const ask = (method: string, path: string, raw?: Buffer, headers: Record<string, string> = {}) =>
  askDoor(kit.port, { method, path, headers: { authorization: `Bearer ${token}`, ...headers }, raw });
const file = () => `/v1/agents/${sessionId}/files${home}/large`;
const upload = () => `/api/v1/sessions/${sessionId}/uploads/upload-1${home}/large`;
/** As a client does: asks how much is there until somebody answers. */
async function thereIs(): Promise<number> {
  let offset = -1;
  await expect
    .poll(
      async () => {
        const answer = await ask("GET", upload());
        if (answer.status === 200) ({ offset } = JSON.parse(answer.text));
        return answer.status;
      },
      { timeout: 20_000 },
    )
    .toBe(200);
  return offset;
}

describe("an agent that is lost in the middle of", () => {
  it("an upload: nobody sees half a file, and it goes on where it was when the agent is there again", async () => {
    await start("host-up", "toAgent");
    await writeFile(join(home, "large"), "the old one");
    const cut = wire.cutAfter(MIB + 4711);
    const answer = await ask("PUT", `${upload()}?offset=0&size=${bytes.length}`, bytes).catch(() => null);
    await cut;
    expect(answer === null || answer.status >= 500).toBe(true);
    expect(await readFile(join(home, "large"), "utf8")).toBe("the old one");
    const offset = await thereIs();
    expect(offset).toBeGreaterThan(0);
    expect(offset).toBeLessThan(2 * MIB);
    const listed = JSON.parse((await ask("GET", `/v1/agents/${sessionId}/files?path=${encodeURIComponent(home)}`)).text);
    expect(listed.entries.map(({ name, size }: { name: string; size: number }) => [name, size])).toEqual([["large", 11]]);
    expect((await ask("PUT", `${upload()}?offset=${offset}&size=${bytes.length}`, bytes.subarray(offset))).status).toBe(200);
    expect((await readFile(join(home, "large"))).equals(bytes)).toBe(true);
    expect(await readdir(home)).toEqual(["large"]);
  }, 60_000);

  it("a file that was sent whole: the old one stays, and nothing of the new one", async () => {
    await start("host-whole", "toAgent");
    await writeFile(join(home, "large"), "the old one");
    const cut = wire.cutAfter(MIB);
    await ask("PUT", file(), bytes).catch(() => null);
    await cut;
    await expect.poll(() => readdir(home)).toEqual(["large"]);
    expect(await readFile(join(home, "large"), "utf8")).toBe("the old one");
  }, 60_000);

  it("a download: it ends without its end, and a range brings the rest of the same file", async () => {
    await start("host-down", "fromAgent");
    await writeFile(join(home, "large"), bytes);
    const { etag } = (await ask("HEAD", file())).headers;
    const cut = wire.cutAfter(MIB + 4711);
    await expect(ask("GET", file())).rejects.toThrow();
    await cut;
    await expect.poll(async () => (await ask("HEAD", file())).status, { timeout: 20_000 }).toBe(200);
    const from = MIB;
    const rest = await ask("GET", file(), undefined, { range: `bytes=${from}-`, "if-range": String(etag) });
    expect([rest.status, rest.headers["content-range"]]).toEqual([206, `bytes ${from}-${bytes.length - 1}/${bytes.length}`]);
    expect(rest.headers["content-length"]).toBe(String(bytes.length - from));
  }, 60_000);
});
