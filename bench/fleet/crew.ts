/** A process of many agents: the agent program's own code, each with its certificate and a driver in memory. */
import { subscribe } from "node:diagnostics_channel";
import { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createSecureContext } from "node:tls";
import { z } from "zod";
import { type Agent, createAgent } from "../../agent/agent";
import { createLog } from "../../agent/log";
import { answerCalls } from "../measure/child";
import { enrolledSchema } from "./enrol";
import { FleetDriver } from "./fleet-driver";
import { seeded } from "./seeded";

export const holdSchema = z.object({
  url: z.string(),
  folder: z.string(),
  perSecond: z.number(),
  seed: z.number(),
  agents: z.array(enrolledSchema),
});
export const crewStateSchema = z.object({ begun: z.number(), beats: z.number() });

/** Between two starts of agents, at least. */
const STEP_MS = 20;
/** That have begun and are not registered: more of them in one process would wait for that process, as agents on hosts of their own never do. */
const MOST_ON_THE_WAY = 25;

const held: { agent: Agent; driver: FleetDriver }[] = [];
const sockets = new Set<Socket>();
const log = createLog("silent");

subscribe("http.client.request.start", (message) => {
  const request = z.object({ request: z.instanceof(ClientRequest) }).parse(message).request;
  const note = (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  };
  if (request.socket) note(request.socket);
  else request.once("socket", note);
});

async function hold(input: unknown): Promise<void> {
  const { url, folder, perSecond, seed, agents } = holdSchema.parse(input);
  const began = performance.now();
  const onTheWay = new Set<Promise<void>>();
  for (const [at, { name, cert, key, ca }] of agents.entries()) {
    const random = seeded(seed + at);
    const driver = new FleetDriver(random);
    const tls = { secureContext: createSecureContext({ cert, key, ca }) };
    const credentials = { headers: async () => ({}), tls: () => tls };
    const agent = createAgent({ url: new URL(url), name, credentials, dataDir: join(folder, name), driver, log, random });
    held.push({ agent, driver });
    await agent.start();
    const arrival = agent.untilRegistered().then(() => void onTheWay.delete(arrival));
    onTheWay.add(arrival);
    if (onTheWay.size >= MOST_ON_THE_WAY) await Promise.race(onTheWay);
    const aheadMs = (at * 1000) / perSecond - (performance.now() - began);
    if (aheadMs > STEP_MS) await delay(aheadMs);
  }
}

answerCalls({
  /** Answers at once; the agents begin one after the other. */
  hold: (input) => void hold(input).catch((error: unknown) => process.stderr.write(`a crew could not begin: ${String(error)}\n`)),
  state: () => ({ begun: held.length, beats: held.reduce((sum, { driver }) => sum + driver.beats, 0) }),
  /** Every connection, at once, as when a network goes. */
  cut: () => {
    for (const socket of sockets) socket.destroy();
  },
  leave: async () => {
    await Promise.all(held.splice(0).map(({ agent }) => agent.stop()));
  },
});
