import { THUMBNAILS, VIEWER_UPDATE } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../../testing/factories";
import type { FakeAgent } from "../../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../../testing/service-kit";
import type { Asker } from "../../users/users-schema";

let kit: ServiceKit;
let agent: FakeAgent;
let owner: Asker;
let friend: Asker;
let desktop: { id: string; name: string };

beforeAll(async () => {
  kit = await startServiceKit();
  agent = await makeAgent(kit, {
    capabilities: [VIEWER_UPDATE, THUMBNAILS],
    capacity: { max_cpu: 100, max_memory: 100, max_sessions: 100 },
  });
});
beforeEach(async () => {
  // Time moves in a test: its last word is a fresh one.
  await agent.connect();
  [owner, friend] = [await makeAsker(kit), await makeAsker(kit)];
  desktop = await makeRunningSession(kit, owner, agent);
});
afterAll(() => kit.close());

const ask = async (asker: Asker, id = desktop.id) => {
  try {
    const grant = await kit.thumbnailAccess.authorize(asker, id);
    return grant.request({ id: "t", secret: "s" });
  } catch (error) {
    return error instanceof BerthError ? error.code : error;
  }
};
const listed = async (asker: Asker, input: { shared?: boolean } = {}) =>
  (await kit.callerOf(asker).sessions.list(input)).sessions.find(({ id }) => id === desktop.id)?.thumbnail;

describe("the small picture of a screen", () => {
  it("is its owner's and of those whom they invited, and no role's", async () => {
    expect(await ask(owner)).toMatchObject({ type: "thumbnail_request", session_id: desktop.id, policy: { thumbnails: true } });
    expect(await ask(friend)).toBe("SESSION_NOT_FOUND");
    const [operator, admin] = [await makeAsker(kit, "operator"), await makeAsker(kit, "admin")];
    expect([await ask(operator), await ask(admin)]).toEqual(["AUTH_INSUFFICIENT_PERMISSIONS", "AUTH_INSUFFICIENT_PERMISSIONS"]);
    const shares = kit.callerOf(owner).shares;
    const share = await shares.create({ sessionId: desktop.id, user: friend.username });
    await shares.create({ sessionId: desktop.id, user: admin.username });
    expect([await ask(friend), await ask(admin)].map((one) => typeof one)).toEqual(["object", "object"]);
    await shares.revoke({ id: share.id });
    expect(await ask(friend)).toBe("SESSION_NOT_FOUND");
  });

  it("is refused at once when the policy says so, and the list offers it no more", async () => {
    expect(await listed(owner)).toBe(true);
    await kit.callerOf(owner).sessions.setPolicy({ id: desktop.id, policy: { thumbnails: false } });
    expect(await ask(owner)).toBe("THUMBNAILS_OFF");
    expect(await listed(owner)).toBe(false);
  });

  it("is offered in lists to those alone who may have it", async () => {
    const admin = await makeAsker(kit, "admin");
    expect(await listed(admin)).toBe(false);
    await kit.callerOf(owner).shares.create({ sessionId: desktop.id, user: friend.username });
    expect(await listed(friend, { shared: true })).toBe(true);
  });

  it("is not asked of an agent that does not know how, of a web app, or of a session that does not run", async () => {
    const old = await makeAgent(kit, { capabilities: [VIEWER_UPDATE] });
    const there = await makeRunningSession(kit, owner, old);
    expect(await ask(owner, there.id)).toBe("AGENT_TOO_OLD");
    const app = await makeRunningSession(kit, owner, agent, "scratchpad");
    expect(await ask(owner, app.id)).toBe("DISPLAY_PROTOCOL_MISMATCH");
    await agent.observe({ session_id: desktop.id, generation: 1, observed: "failed" });
    expect(await ask(owner)).toBe("SESSION_NOT_RUNNING");
    expect(await ask(owner, "not an id")).toBe("SESSION_NOT_FOUND");
  });
});

describe("the sessions that are shared with a person", () => {
  const shared = async (asker: Asker) => (await kit.callerOf(asker).sessions.list({ shared: true })).sessions.map(({ id }) => id);

  it("are those whose invitations hold now, and not their own", async () => {
    expect(await shared(friend)).toEqual([]);
    await kit.callerOf(owner).shares.create({ sessionId: desktop.id, user: friend.username, expiresInSeconds: 3600 });
    expect(await shared(friend)).toEqual([desktop.id]);
    expect(await shared(owner)).toEqual([]);
    await kit.callerOf(owner).sessions.setPolicy({ id: desktop.id, policy: { sharing: false } });
    expect(await shared(friend)).toEqual([]);
    await kit.callerOf(owner).sessions.setPolicy({ id: desktop.id, policy: { sharing: true } });
    expect(await shared(friend)).toEqual([desktop.id]);
    await kit.clock.advance(3_600_000);
    expect(await shared(friend)).toEqual([]);
  });

  it("can be filtered like any list", async () => {
    await kit.callerOf(owner).shares.create({ sessionId: desktop.id, user: friend.username });
    const list = (input: object) => kit.callerOf(friend).sessions.list({ shared: true, ...input });
    expect((await list({ search: desktop.name })).sessions).toHaveLength(1);
    expect((await list({ state: "hibernated" })).sessions).toHaveLength(0);
    expect((await list({ user: owner.username, agentId: agent.name, sort: "name" })).sessions).toHaveLength(1);
  });
});
