import { duplexPair } from "node:stream";
import type { FromAgentOf } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import type { SessionProbes } from "@berth/protocol/session-health";
import { describe, expect, it } from "vitest";
import type { SeenSession } from "../drivers/driver";
import { ManualClock } from "../testing/manual-clock";
import type { ProbedDriver } from "./probe";
import { SessionProbing } from "./session-probing";

const plan: SessionProbes = {
  probes: [{ type: "http", port: 8080, path: "/" }],
  interval_seconds: 30,
  timeout_seconds: 5,
  failure_threshold: 2,
  start_period_seconds: 0,
};
const session = (sessionId: string, rest: Partial<SeenSession> = {}): SeenSession => ({
  sessionId,
  generation: 1,
  observed: "running",
  containerId: null,
  containerName: null,
  address: null,
  reason: null,
  errorCode: null,
  probes: plan,
  ...rest,
});

/** Sessions whose port answers with a status, or never; `open` counts those that are asked now. */
function probing() {
  const clock = new ManualClock();
  const told: FromAgentOf<"session_health">["sessions"] = [];
  const world = { status: "200", silent: false, away: false, connected: true, open: 0, most: 0, asked: [] as string[] };
  const driver: ProbedDriver = {
    usageOf: () => Promise.reject(new Error("nobody asks")),
    openDisplay: () => Promise.reject(new Error("nobody asks")),
    exec: () => Promise.reject(new Error("nobody asks")),
    async openPort(sessionId) {
      if (world.away) throw new BerthError("ENGINE_UNAVAILABLE", "the engine is away");
      world.asked.push(sessionId);
      world.open++;
      world.most = Math.max(world.most, world.open);
      const [inside, outside] = duplexPair();
      inside.on("error", () => undefined);
      inside.on("close", () => world.open--);
      outside.on("close", () => inside.destroy());
      if (!world.silent) inside.once("data", () => inside.end(`HTTP/1.1 ${world.status} X\r\n\r\n`));
      return outside;
    },
  };
  const send = (message: FromAgentOf<"session_health">) => {
    if (world.connected) told.push(...message.sessions);
    return world.connected;
  };
  const probes = new SessionProbing({ agentName: "a", driver, clock, random: () => 0.5, send });
  /** Time that passes a little at a time, as answers come in between. */
  const pass = async (seconds: number) => {
    for (let step = 0; step < seconds * 4; step++) {
      clock.advance(250);
      for (let turn = 0; turn < 12; turn++) await new Promise(setImmediate);
    }
  };
  return { clock, told, world, probes, pass, words: () => told.map(({ session_id, health }) => `${session_id} ${health}`) };
}

describe("sessions are asked how they are", () => {
  it("and only what changed is told", async () => {
    const { probes, pass, words, world, told } = probing();
    probes.sync([session("a")]);
    await pass(100);
    expect(words()).toEqual(["a healthy"]);
    world.status = "503";
    await pass(35);
    // An answer that went bad is told before it counts.
    expect(told.at(-1)).toMatchObject({ health: "healthy", probes: [{ ok: false, message: "answered with 503" }] });
    await pass(35);
    expect(told.at(-1)).toMatchObject({ health: "unhealthy", reason: "http :8080/: answered with 503" });
    world.status = "204";
    await pass(35);
    expect(words()).toEqual(["a healthy", "a healthy", "a unhealthy", "a healthy"]);
  });

  it("and one that says nothing is given up after its time, its connection closed", async () => {
    const { probes, pass, world, told } = probing();
    world.silent = true;
    probes.sync([session("a")]);
    await pass(20);
    expect(told.at(-1)).toMatchObject({ health: "unhealthy", reason: "http :8080/: did not answer in time" });
    expect(world.open).toBe(0);
  });

  it("no more than eight at a time, however many there are", async () => {
    const { probes, pass, world, told } = probing();
    world.silent = true;
    probes.sync(Array.from({ length: 40 }, (_, index) => session(`s${index}`)));
    await pass(2);
    expect([world.most, new Set(world.asked).size]).toEqual([8, 8]);
    world.silent = false;
    await pass(30);
    expect(new Set(told.flatMap((one) => (one.health === "healthy" ? [one.session_id] : []))).size).toBe(40);
  });

  it("not while they are frozen, and anew by their next generation", async () => {
    const { probes, pass, world, told } = probing();
    probes.sync([session("a")]);
    await pass(2);
    probes.seen(session("a", { observed: "frozen" }));
    const asked = world.asked.length;
    await pass(100);
    expect(world.asked.length).toBe(asked);
    probes.sync([session("a", { generation: 2 })]);
    await pass(2);
    expect(told.map(({ generation }) => generation)).toEqual([1, 2]);
  });

  it("and an engine that is away says nothing of them", async () => {
    const { probes, pass, world, words } = probing();
    probes.sync([session("a")]);
    await pass(2);
    world.away = true;
    await pass(200);
    expect(words()).toEqual(["a healthy"]);
  });

  it("and all that is known is told after a reconnect, with what changed meanwhile", async () => {
    const { probes, pass, world, words } = probing();
    probes.sync([session("a"), session("b", { probes: null })]);
    await pass(2);
    world.connected = false;
    world.status = "500";
    await pass(100);
    expect(words()).toEqual(["a healthy"]);
    world.connected = true;
    probes.reconnected();
    await pass(1);
    expect(words()).toEqual(["a healthy", "a unhealthy"]);
    probes.reconnected();
    await pass(1);
    expect(words().at(-1)).toBe("a unhealthy");
    expect(words().length).toBe(3);
  });
});
