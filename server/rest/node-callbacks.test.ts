import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, askDoor } from "../testing/door-calls";
import { type DoorKit, startDoorKit } from "../testing/door-kit";
import { makeAsker } from "../testing/factories";

let kit: DoorKit;
let node: Awaited<ReturnType<DoorKit["enrolAgent"]>>;

beforeAll(async () => {
  kit = await startDoorKit();
  node = await kit.enrolAgent("node-1");
});
afterAll(() => kit.close());

async function call(path: string, body: unknown = {}, as: typeof node | null = node, method = "POST"): Promise<Answer> {
  const raw = Buffer.from(JSON.stringify(body));
  const proof = as ? await as.credentials.headers(method, path, raw) : {};
  return askDoor(kit.port, { method, path, raw, headers: { ...proof, "content-type": "application/json" } });
}
const seen = async () => kit.callerOf(await makeAsker(kit, "admin")).agents.get({ id: "node-1" });

describe("a node's callbacks", () => {
  it("bring a node that is ready online, as any heartbeat does", async () => {
    expect((await seen()).status).toBe("offline");
    const answer = await call(`/api/nodes/${node.agentId}/ready`);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { acknowledged: true }]);
    await kit.heartbeats.flush();
    expect((await seen()).status).toBe("online");
    await kit.clock.advance(31_000);
    expect((await seen()).status).toBe("offline");
  });

  it("keep what a heartbeat tells, and take the agent_id in the path too", async () => {
    const resourceUsage = { cpu: 12.5, memory: 40, disk: 7 };
    expect((await call("/api/nodes/node-1/heartbeat", { status: "degraded", statusReason: "slow disk", resourceUsage })).status).toBe(200);
    await kit.heartbeats.flush();
    expect(await seen()).toMatchObject({ status: "degraded", resourceUsage });
  });

  it("refuse in the node contract's words who is nobody, another, or says what nobody knows", async () => {
    const other = await kit.enrolAgent("node-2");
    const path = `/api/nodes/${node.agentId}/heartbeat`;
    const nobody = await call(path, {}, null);
    expect([nobody.status, Object.keys(JSON.parse(nobody.text)), JSON.parse(nobody.text).error]).toEqual([
      401,
      ["error", "message"],
      "unauthorized",
    ]);
    const foreign = await call(path, {}, other);
    expect([foreign.status, JSON.parse(foreign.text).error]).toEqual([403, "forbidden"]);
    const odd = await call(path, { mood: "good" });
    expect([odd.status, JSON.parse(odd.text)]).toEqual([400, { error: "validation_failed", message: expect.stringContaining("mood") }]);
    expect((await call(path, {}, node, "PUT")).status).toBe(405);
    const unknown = await call(`/api/nodes/${node.agentId}/sleep`);
    expect([unknown.status, JSON.parse(unknown.text).error]).toEqual([404, "not_found"]);
  });
});
