/** More and more agents, and what they cost while they say nothing but that they are there. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { type Certificate, readCertificate } from "../measure/certificate";
import { Child } from "../measure/child";
import { ownUsage } from "../measure/processes";
import { Crews } from "./crews";
import type { Enrolled } from "./enrol";
import type { FleetHouse } from "./house";
import { type RoundTrips, roundTrips } from "./round-trips";
import type { Watch } from "./watch";

/** How many a second begin to dial, at most. */
export const ARRIVALS_PER_SECOND = 150;
/** Without one more that connected. */
const STUCK_MS = 30_000;
/** The first heartbeats and reports of those that came last: a round of heartbeats, and what the sweep tells. */
const SETTLE_MS = 12_000;
const SAMPLE_MS = 1_000;

export interface Rung {
  readonly agents: number;
  readonly connected: number;
  readonly connectSeconds: number;
  /** CPU of the control plane from the first of this rung's agents to the last, per agent. */
  readonly connectCpuMs: number;
  /** Shares of one core. */
  readonly controlPlaneCores: number;
  readonly databaseCores: number;
  readonly clientCores: number;
  readonly residentBytes: number;
  readonly clientBytes: number;
  /** Heartbeats that agents made in a second, and rows that were written for them. */
  readonly madePerSecond: number;
  readonly writtenPerSecond: number;
  readonly longestSilenceSeconds: number;
  /** Agents that connected again while they were watched. */
  readonly reconnected: number;
  /** Agents that were told offline. */
  readonly flaps: number;
  readonly trips: RoundTrips | null;
}

export interface LadderOptions {
  readonly rungs: readonly number[];
  readonly windowMs: number;
  readonly trips: number;
  readonly say: (text: string) => void;
}

/** Ends at the first rung that does not fill. */
export async function climb(house: FleetHouse, watch: Watch, crews: Crews, options: LadderOptions): Promise<Rung[]> {
  const rungs: Rung[] = [];
  const usual = new Date(0);
  let there = 0;
  for (const agents of options.rungs) {
    const enrolled = await house.enrol(agents - there);
    there = agents;
    const before = house.usage();
    const began = performance.now();
    await crews.add(enrolled, ARRIVALS_PER_SECOND);
    const connected = await fill(agents, async () => (await watch.presence(usual))?.connected ?? 0);
    const connectSeconds = (performance.now() - began) / 1000;
    const arrived = house.usage();
    options.say(`${connected} of ${agents} connected after ${connectSeconds.toFixed(1)} s`);
    await delay(SETTLE_MS);
    await watch.forgetTold();
    const held = await hold(house, watch, crews, options.windowMs);
    const trips = connected === agents && options.trips > 0 ? await roundTrips(house, { agents, count: options.trips }) : null;
    rungs.push({
      agents,
      connected,
      connectSeconds,
      connectCpuMs: (1000 * (arrived.controlPlaneSeconds - before.controlPlaneSeconds)) / enrolled.length,
      ...held,
      trips,
    });
    options.say(`control plane ${held.controlPlaneCores.toFixed(2)}, database ${held.databaseCores.toFixed(2)} of a core`);
    if (connected < agents) break;
  }
  return rungs;
}

async function hold(house: FleetHouse, watch: Watch, crews: Crews, ms: number) {
  const since = new Date();
  const began = performance.now();
  const [usage, clients, beats, written] = [house.usage(), crews.usage(), await crews.beats(), await watch.written()];
  let longestSilenceSeconds = 0;
  while (performance.now() - began < ms) {
    await delay(SAMPLE_MS);
    longestSilenceSeconds = Math.max(longestSilenceSeconds, (await watch.presence(since))?.longestSilence ?? 0);
  }
  const seconds = (performance.now() - began) / 1000;
  const [usageAfter, clientsAfter, beatsAfter, writtenAfter] = [house.usage(), crews.usage(), await crews.beats(), await watch.written()];
  return {
    controlPlaneCores: (usageAfter.controlPlaneSeconds - usage.controlPlaneSeconds) / seconds,
    databaseCores: (usageAfter.databaseSeconds - usage.databaseSeconds) / seconds,
    clientCores: (clientsAfter.cpuSeconds - clients.cpuSeconds) / seconds,
    residentBytes: usageAfter.residentBytes,
    clientBytes: clientsAfter.residentBytes,
    madePerSecond: (beatsAfter - beats) / seconds,
    writtenPerSecond: (writtenAfter - written) / seconds,
    longestSilenceSeconds,
    reconnected: (await watch.presence(since))?.back ?? 0,
    flaps: (await watch.told()).filter(({ told }) => told.includes("offline")).length,
  };
}

/** Until all are there, or no more come. Returns how many are. */
export async function fill(wanted: number, count: () => Promise<number>): Promise<number> {
  let most = 0;
  let since = performance.now();
  for (;;) {
    const now = await count();
    if (now > most) {
      most = now;
      since = performance.now();
    }
    if (now >= wanted || performance.now() - since > STUCK_MS) return now;
    await delay(250);
  }
}

export interface Floor {
  readonly agents: number;
  readonly cores: number;
  readonly residentBytes: number;
  readonly connectCpuMs: number;
  readonly tripsMs: readonly number[];
}

/** The same agents at a bare server. */
export async function measureFloor(
  enrolled: readonly Enrolled[],
  certificate: Certificate,
  { folder, windowMs, trips, seed }: { folder: string; windowMs: number; trips: number; seed: number },
): Promise<Floor> {
  const { cert, key } = readCertificate(certificate);
  const server = Child.start("floor", "./floor.js");
  const port = await server.call("listen", { cert, key, ca: enrolled[0]?.ca ?? "" }, z.number());
  const crews = new Crews({ url: `https://localhost:${port}`, folder, seed });
  try {
    const empty = ownUsage(server.pid);
    await crews.add(
      enrolled.map((one) => ({ ...one, ca: cert })),
      ARRIVALS_PER_SECOND,
    );
    await fill(enrolled.length, () => server.call("connected", null, z.number()));
    const arrived = ownUsage(server.pid);
    await delay(SETTLE_MS);
    const [before, began] = [ownUsage(server.pid), performance.now()];
    await delay(windowMs);
    const after = ownUsage(server.pid);
    const cores = (after.cpuSeconds - before.cpuSeconds) / ((performance.now() - began) / 1000);
    const tripsMs = await server.call("trips", { count: trips }, z.array(z.number()));
    return {
      agents: enrolled.length,
      cores,
      residentBytes: after.residentBytes,
      connectCpuMs: (1000 * (arrived.cpuSeconds - empty.cpuSeconds)) / enrolled.length,
      tripsMs,
    };
  } finally {
    await crews.stop();
    await server.stop();
  }
}
