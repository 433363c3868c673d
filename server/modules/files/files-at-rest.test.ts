import { Readable } from "node:stream";
import { FILES } from "@berth/protocol/agent-messages";
import { ACCESS_HEADER, FILES_AT_REST } from "@berth/protocol/session-files";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import type { FakeAgent } from "../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { AgentRequest } from "../sessions/inside/agent-requests";
import type { Asker } from "../users/users-schema";

let kit: ServiceKit;
let owner: Asker;
const asked: AgentRequest[] = [];
const listing = { path: "/home/user", writable: true, entries: [], nextCursor: null };

beforeAll(async () => {
  kit = await startServiceKit({
    agentApi: {
      request: async (_, request) => {
        asked.push(request);
        return { status: 200, headers: {}, body: Readable.from([JSON.stringify(listing)]) };
      },
    },
  });
  owner = await makeAsker(kit);
});
afterAll(() => kit.close());

async function hibernated(agent: FakeAgent, template = "terminal-desktop") {
  const session = await makeRunningSession(kit, owner, agent, template);
  const hibernating = kit.callerOf(owner).sessions.setState({ id: session.id, state: "hibernated" });
  await agent.complete(await agent.command("hibernate_session"), { observed: "stopped" });
  await hibernating;
  return session;
}
const list = (id: string, asker = owner) => kit.callerOf(asker).files.list({ id });

it("the home of a hibernated session is open to whom its files are, and nothing beside the home", async () => {
  const admin = kit.callerOf(await makeAsker(kit, "admin"));
  await admin.templates.create({
    name: "wide",
    displayName: "Wide",
    category: "Tests",
    image: "berth/wide:1",
    display: { protocol: "rfb", port: 5900 },
    defaultResources: { memory: "1Gi", cpu: "1" },
    persistentHome: true,
    homePath: "/home/user",
    accessParameters: { writablePaths: ["/home/user", "/home/user2"], readOnlyPaths: ["/opt", "/home/user/papers"] },
  });
  const { id } = await hibernated(await makeAgent(kit, { capabilities: [FILES, FILES_AT_REST] }), "wide");
  const roots = [
    { path: "/home/user", writable: true },
    { path: "/home/user/papers", writable: false },
  ];
  expect((await list(id)).roots).toEqual(roots);
  const said = String(asked.at(-1)?.headers?.[ACCESS_HEADER]);
  expect(JSON.parse(Buffer.from(said, "base64url").toString())).toEqual({
    writable: ["/home/user"],
    readable: ["/home/user", "/home/user/papers"],
  });
  await expect(list(id, await makeAsker(kit))).rejects.toThrow(/No session/);
});

it("an agent that reaches no home of a session at rest is too old for it, and one that is away says so", async () => {
  const agent = await makeAgent(kit, { capabilities: [FILES] });
  const { id } = await hibernated(agent);
  await expect(list(id)).rejects.toThrow(/too old to reach the home/);
  await agent.disconnect();
  await expect(list(id)).rejects.toThrow(/not connected/);
});
