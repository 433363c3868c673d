import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { Asker } from "../modules/users/users-schema";
import { askDoor } from "../testing/door-calls";
import { type DoorKit, startDoorKit } from "../testing/door-kit";
import { makeAsker } from "../testing/factories";

let kit: DoorKit;
let ada: Asker;
let grace: Asker;
/** Signing in is told on the bus too: both do so once. */
let tokens: ReadonlyMap<Asker, string>;
beforeAll(async () => {
  kit = await startDoorKit();
  await kit.connectAgent("host-a");
  [ada, grace] = await Promise.all([makeAsker(kit), makeAsker(kit)]);
  tokens = new Map([
    [ada, await kit.tokenOf(ada)],
    [grace, await kit.tokenOf(grace)],
  ]);
});
afterAll(() => kit.close());

const answerSchema = z.object({ sessions: z.array(z.object({ id: z.string(), name: z.string() })) });
async function listed(who: Asker): Promise<string[]> {
  const headers = { authorization: `Bearer ${tokens.get(who)}` };
  const { text } = await askDoor(kit.port, { method: "GET", path: "/api/v1/sessions", headers });
  return answerSchema
    .parse(JSON.parse(text))
    .sessions.map(({ name }) => name)
    .sort();
}
const make = (who: Asker, name: string) => kit.callerOf(who).sessions.create({ template: "scratchpad", state: "hibernated", name });

it("a list is read once for one person, and shows each change that is told at once; the tests' clock stands still", async () => {
  const { id } = await make(ada, "first");
  expect(await listed(ada)).toEqual(["first"]);
  await make(ada, "second");
  expect(await listed(ada)).toEqual(["first", "second"]);
  await kit.database.session.update({ where: { id }, data: { name: "silently renamed" } });
  expect(await listed(ada)).toEqual(["first", "second"]);
  await kit.bus.publish({ kind: "agent", agentId: "any", only: "usage" });
  expect(await listed(ada)).toEqual(["first", "second"]);
  await kit.bus.publish({ kind: "session", sessionId: id, userId: ada.userId, agentId: null });
  expect(await listed(ada)).toEqual(["second", "silently renamed"]);
});

it("is another's for another person", async () => {
  await make(grace, "hers");
  expect(await listed(grace)).toEqual(["hers"]);
  expect(await listed(ada)).not.toContain("hers");
});

it("shows a second later what nobody told of", async () => {
  const { id } = await make(grace, "untold");
  expect(await listed(grace)).toContain("untold");
  await kit.database.session.update({ where: { id }, data: { name: "told by the clock" } });
  expect(await listed(grace)).toContain("untold");
  await kit.clock.advance(1_000);
  expect(await listed(grace)).toContain("told by the clock");
});
