import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAgent, makeAsker, makeRunningSession } from "../../testing/factories";
import type { FakeAgent } from "../../testing/fake-agent";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import type { Asker } from "../users/users-schema";
import { EventRing } from "./event-ring";
import type { LiveEvent } from "./live-schema";

let kit: ServiceKit;
let agent: FakeAgent;
beforeAll(async () => {
  kit = await startServiceKit();
  agent = await makeAgent(kit, { capacity: {} });
});
afterAll(() => kit.close());

/** Listens until `enough` says so, or the stream ends. */
function listen(asker: Asker, lastEventId: string | null, enough: (events: LiveEvent[]) => boolean) {
  const abort = new AbortController();
  const events: LiveEvent[] = [];
  const ids: string[] = [];
  let begun: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const done = (async () => {
    for await (const { id, event } of kit.services.live.events(asker, lastEventId, abort.signal)) {
      events.push(event);
      ids.push(id);
      begun();
      if (enough(events)) abort.abort();
    }
  })();
  return { started, done, events, ids };
}

const isTemplate = (event: LiveEvent) => event.kind === "template";
/** Until what was said before, and what others said of it, has been heard. */
const drained = () =>
  new Promise<void>((resolve) => {
    const stop = kit.bus.subscribe((event) => {
      if (event.kind !== "template" || event.templateId !== "drained") return;
      stop();
      resolve();
    });
    void kit.bus.publish({ kind: "template", templateId: "drained" });
  });
const marker = () => kit.bus.publish({ kind: "template", templateId: "marker" });

describe("live events", () => {
  it("tell a person of their own things, staff of all, and nobody of others' logins", async () => {
    const [owner, other, operator] = [await makeAsker(kit), await makeAsker(kit), await makeAsker(kit, "operator")];
    const heard = [owner, other, operator].map((asker) => listen(asker, null, (events) => events.some(isTemplate)));
    await Promise.all(heard.map((one) => one.started));
    const session = await makeRunningSession(kit, owner, agent);
    await kit.services.auth.signOut("some-other-login");
    await kit.bus.publish({ kind: "agent", agentId: agent.id });
    await marker();
    await Promise.all(heard.map((one) => one.done));
    const kinds = heard.map((one) => [...new Set(one.events.map((event) => event.kind))].sort());
    expect(kinds).toEqual([
      ["home", "resync", "session", "task", "template"],
      ["resync", "template"],
      ["agent", "resync", "session", "task", "template"],
    ]);
    expect(heard[0]?.events).toContainEqual({ kind: "session", id: session.id });
  });

  it.each([
    ["by a new connection", async (agent: FakeAgent) => agent.connect()],
    ["by its heartbeat on the old one", async (agent: FakeAgent) => agent.heartbeat()],
  ])(
    "tell people at once that the agent of a session of theirs is unreachable, and that it is back %s; nobody else",
    async (_, comeBack) => {
      const [lost, well] = [await makeAgent(kit), await makeAgent(kit)];
      const [owner, neighbour, elsewhere] = [await makeAsker(kit), await makeAsker(kit), await makeAsker(kit)];
      const session = await makeRunningSession(kit, owner, lost);
      const theirs = await makeRunningSession(kit, neighbour, lost);
      await makeRunningSession(kit, elsewhere, well);
      await kit.agentsJobs.sweep();
      const phase = async () => (await kit.callerOf(owner).sessions.get({ id: session.id })).status.phase;

      const toldOf = async (change: () => Promise<unknown>) => {
        await drained();
        const heard = [owner, neighbour, elsewhere].map((asker) => listen(asker, null, (events) => events.some(isTemplate)));
        await Promise.all(heard.map((one) => one.started));
        await change();
        await marker();
        await Promise.all(heard.map((one) => one.done));
        return heard.map((one) => one.events.filter((event) => event.kind !== "resync" && event.kind !== "template"));
      };
      const eachTheirOwn = [[{ kind: "session", id: session.id }], [{ kind: "session", id: theirs.id }], []];

      await kit.clock.advance(31_000);
      await well.heartbeat();
      await kit.heartbeats.flush();
      const whenLost = await toldOf(() => kit.agentsJobs.sweep());
      expect([await phase(), whenLost]).toEqual(["Unreachable", eachTheirOwn]);
      const whenBack = await toldOf(async () => {
        await comeBack(lost);
        await kit.heartbeats.flush();
        await kit.agentsJobs.sweep();
      });
      expect([await phase(), whenBack]).toEqual(["Running", eachTheirOwn]);
    },
  );

  it("tell people that an agent is back which nobody had noticed to be gone, as after a restart of ours", async () => {
    const lost = await makeAgent(kit);
    const owner = await makeAsker(kit);
    const session = await makeRunningSession(kit, owner, lost);
    await kit.clock.advance(31_000);
    const heard = listen(owner, null, (events) => events.some((event) => event.kind === "session"));
    await heard.started;
    await lost.connect();
    await heard.done;
    expect(heard.events).toContainEqual({ kind: "session", id: session.id });
  });

  it("go on where they broke off, and say so when they can't", async () => {
    const asker = await makeAsker(kit);
    const first = listen(asker, null, (events) => events.some(isTemplate));
    await first.started;
    await marker();
    await first.done;
    await kit.bus.publish({ kind: "template", templateId: "while away" });
    const second = listen(asker, first.ids.at(-1) ?? null, (events) => events.length >= 1);
    await second.done;
    expect(second.events[0]).toEqual({ kind: "template", id: "while away" });
    for (const lost of ["another-epoch-5", "nonsense", `${first.ids[0]?.split("-")[0]}-999999`]) {
      const third = listen(asker, lost, () => true);
      await third.done;
      expect(third.events).toEqual([{ kind: "resync" }]);
    }
  });

  it.each(["disabled", "signed out"])("end at once when their person is %s", async (how) => {
    const asker = await makeAsker(kit);
    const heard = listen(asker, null, () => false);
    await heard.started;
    if (how === "disabled") await kit.services.users.update(await makeAsker(kit, "admin"), { id: asker.userId, active: false });
    else await kit.services.auth.signOut(asker.loginId);
    await heard.done;
    expect(heard.events.filter((event) => event.kind !== "resync")).not.toContainEqual(expect.objectContaining({ kind: "agent" }));
  });
});

describe("the ring of events", () => {
  it("tells exactly what came after an id, or that it can't", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 70 }),
        (size, count, from) => {
          const ring = new EventRing<number>("epoch", size);
          for (let value = 1; value <= count; value += 1) ring.add(value);
          const after = ring.after(`epoch-${from}`);
          const known = from <= count && count - from <= size;
          expect(after?.map((one) => one.value) ?? null).toEqual(
            known ? Array.from({ length: count - from }, (_, at) => from + 1 + at) : null,
          );
        },
      ),
    );
  });
});
