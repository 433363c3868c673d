/** What is done with the chains of a round: speed and memory of idle streams one chain at a time, stalled readers on all chains at once. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { Child } from "../measure/child";
import { cpuSeconds, memoryBytes } from "../measure/processes";
import type { RunningChain } from "./chains";
import type { ChainKey, Measurements } from "./metrics";

export interface Settings {
  readonly rounds: number;
  /**
   * From the first byte of a flood until counting begins; before the first count longer: V8 forgets optimised code of what rests, and
   * what a stream costs is meant, not what its first second does.
   */
  readonly leadMs: number;
  readonly firstLeadMs: number;
  readonly windowMs: number;
  readonly pings: number;
  readonly stallSeconds: number;
  readonly idleStreams: number;
}
export const fullSettings: Settings = {
  rounds: 3,
  leadMs: 500,
  firstLeadMs: 2500,
  windowMs: 1500,
  pings: 1000,
  stallSeconds: 10,
  idleStreams: 200,
};
export const quickSettings: Settings = {
  rounds: 1,
  leadMs: 200,
  firstLeadMs: 1500,
  windowMs: 700,
  pings: 200,
  stallSeconds: 3,
  idleStreams: 50,
};

interface RunningOne {
  readonly key: ChainKey;
  readonly chain: RunningChain;
}

export interface Clients {
  readonly client: Child;
  /** Makes the load that `client` is timed under. */
  readonly loader: Child;
}

const LOAD_STREAMS = 4;
const LOAD_MEGABYTES_PER_SECOND = 25;
/** websockify has a process for each; as many as the others would measure the machine. */
const IDLE_STREAMS_OF_WEBSOCKIFY = 30;
const IDLE_OPENED_BETWEEN_COLLECTIONS = 20;
const SETTLE_MS = 500;
const SAMPLE_MS = 250;

const countSchema = z.object({ bytes: z.number(), atMs: z.number() });
const pingSchema = z.object({ p50: z.number(), p99: z.number() });
const nothing = z.unknown();

const open = (client: Child, chain: RunningChain, count: number) => client.call("open", { target: chain.target, count }, nothing);
const flood = (client: Child, megabytesPerSecond: number) => client.call("flood", { megabytesPerSecond }, nothing);
const close = (client: Child) => client.call("close", null, nothing);
const cpuOf = (pid: number | null): number | null => (pid === null ? null : cpuSeconds(pid));
const memoryOf = (pid: number | null): number | null => (pid === null ? null : memoryBytes(pid));
const difference = (after: number | null, before: number | null, divisor: number): number | null =>
  after === null || before === null ? null : (after - before) / divisor;

async function throughput(chain: RunningChain, client: Child, streams: number, settings: Settings) {
  await open(client, chain, streams);
  await flood(client, 0);
  await delay(streams === 1 ? settings.firstLeadMs : settings.leadMs);
  const cpuBefore = { controlPlane: cpuOf(chain.controlPlane), agent: cpuOf(chain.agent) };
  const before = await client.call("count", null, countSchema);
  await delay(settings.windowMs);
  const after = await client.call("count", null, countSchema);
  const cpuAfter = { controlPlane: cpuOf(chain.controlPlane), agent: cpuOf(chain.agent) };
  await close(client);
  const gigabytes = (after.bytes - before.bytes) / 1e9;
  return {
    megabytesPerSecond: (gigabytes * 1000) / ((after.atMs - before.atMs) / 1000),
    controlPlaneCpu: difference(cpuAfter.controlPlane, cpuBefore.controlPlane, gigabytes),
    agentCpu: difference(cpuAfter.agent, cpuBefore.agent, gigabytes),
  };
}

export async function measureSpeed(
  key: ChainKey,
  chain: RunningChain,
  clients: Clients,
  settings: Settings,
  into: Measurements,
): Promise<void> {
  const { client, loader } = clients;
  for (const streams of [1, 16] as const) {
    const result = await throughput(chain, client, streams, settings);
    into.add(key, `megabytesPerSecond${streams}`, result.megabytesPerSecond);
    into.add(key, `controlPlaneCpuPerGb${streams}`, result.controlPlaneCpu);
    into.add(key, `agentCpuPerGb${streams}`, result.agentCpu);
  }
  const ping = (samples: number) => client.call("ping", { samples }, pingSchema);
  await open(client, chain, 1);
  await ping(Math.ceil(settings.pings / 5));
  const idle = await ping(settings.pings);
  into.add(key, "idleP50", idle.p50);
  into.add(key, "idleP99", idle.p99);
  await open(loader, chain, LOAD_STREAMS);
  await flood(loader, LOAD_MEGABYTES_PER_SECOND);
  await delay(settings.leadMs);
  const loaded = await ping(settings.pings);
  into.add(key, "loadedP50", loaded.p50);
  into.add(key, "loadedP99", loaded.p99);
  await Promise.all([close(client), close(loader)]);
}

/** So that the first connections' own costs (code compiled, pools filled) aren't counted as a stream's. */
async function prepare(chain: RunningChain, client: Child, settings: Settings): Promise<void> {
  await open(client, chain, 10);
  await flood(client, 0);
  await delay(settings.leadMs);
  await close(client);
  await delay(SETTLE_MS);
  await chain.collect();
}

/** Collected after every few, so that what grows is what streams hold and not room for the garbage of handshakes. */
async function openIdle(chain: RunningChain, client: Child, streams: number): Promise<void> {
  for (let opened = 0; opened < streams; opened += IDLE_OPENED_BETWEEN_COLLECTIONS) {
    await open(client, chain, Math.min(IDLE_OPENED_BETWEEN_COLLECTIONS, streams - opened));
    await chain.collect();
  }
  await delay(SETTLE_MS);
  await chain.collect();
}

export async function measureIdleStreams(
  running: readonly RunningOne[],
  { client }: Clients,
  settings: Settings,
  into: Measurements,
): Promise<void> {
  for (const { key, chain } of running) {
    const streams = key.name === "websockify" ? Math.min(settings.idleStreams, IDLE_STREAMS_OF_WEBSOCKIFY) : settings.idleStreams;
    // The first settle what a process takes once: pools, tables, compiled code.
    await openIdle(chain, client, streams / 2);
    const before = { controlPlane: memoryOf(chain.controlPlane), agent: memoryOf(chain.agent) };
    await openIdle(chain, client, streams);
    const after = { controlPlane: memoryOf(chain.controlPlane), agent: memoryOf(chain.agent) };
    await close(client);
    into.add(key, "idleStreamControlPlaneKb", difference(after.controlPlane, before.controlPlane, streams * 1024));
    into.add(key, "idleStreamAgentKb", difference(after.agent, before.agent, streams * 1024));
  }
}

/** A stalled chain uses no CPU (or shows that it does): all stand still at the same time. */
export async function measureStalledReaders(
  running: readonly RunningOne[],
  { client }: Clients,
  settings: Settings,
  into: Measurements,
): Promise<void> {
  for (const { chain } of running) await prepare(chain, client, settings);
  const watched = running.map(({ key, chain }) => ({
    key,
    chain,
    before: { controlPlane: memoryOf(chain.controlPlane), agent: memoryOf(chain.agent) },
    most: { controlPlane: memoryOf(chain.controlPlane), agent: memoryOf(chain.agent) },
  }));
  for (const { chain } of watched) await open(client, chain, 1);
  await client.call("stall", null, nothing);
  await flood(client, 0);
  for (let waited = 0; waited < settings.stallSeconds * 1000; waited += SAMPLE_MS) {
    await delay(SAMPLE_MS);
    for (const { chain, most } of watched) {
      if (chain.controlPlane !== null) most.controlPlane = Math.max(most.controlPlane ?? 0, memoryBytes(chain.controlPlane));
      if (chain.agent !== null) most.agent = Math.max(most.agent ?? 0, memoryBytes(chain.agent));
    }
  }
  await close(client);
  for (const { key, before, most } of watched) {
    into.add(key, "stalledControlPlaneMb", difference(most.controlPlane, before.controlPlane, 1e6));
    into.add(key, "stalledAgentMb", difference(most.agent, before.agent, 1e6));
  }
}
