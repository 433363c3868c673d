/** All agents lose the control plane at once, and come back. */
import { setTimeout as delay } from "node:timers/promises";
import type { Crews } from "./crews";
import type { FleetHouse, HouseUsage } from "./house";
import type { Watch } from "./watch";

export const storms = ["the control plane is killed", "all connections are cut"] as const;
export type StormKind = (typeof storms)[number];

export interface Moment {
  /** Since the beginning of the storm. */
  readonly seconds: number;
  readonly back: number;
  /** Of a core, since the moment before; 0 while it does not run. */
  readonly controlPlaneCores: number;
  readonly databaseCores: number;
  readonly residentBytes: number;
}

export interface Storm {
  readonly kind: StormKind;
  readonly agents: number;
  /** Until the last one was back; null: some were not within the limit. */
  readonly backSeconds: number | null;
  readonly moments: readonly Moment[];
  /** Agents that were told offline although they came back in time, or told anything more than once. */
  readonly flaps: readonly string[];
}

/** All came back in time, and nobody was told anything of any of them. */
export const weathered = ({ backSeconds, flaps }: Storm): boolean => backSeconds !== null && flaps.length === 0;

const SAMPLE_MS = 500;
const LIMIT_MS = 60_000;
/** What the sweep for lost agents would have to say, it says within two of these. */
const AFTERWARDS_MS = 5_000;

/** The house is there and so are all agents; afterwards they are again, if all went well. */
export async function rage(
  house: FleetHouse,
  watch: Watch,
  crews: Crews,
  { kind, agents }: { kind: StormKind; agents: number },
): Promise<Storm> {
  await watch.forgetTold();
  const since = new Date();
  const began = performance.now();
  if (kind === "the control plane is killed") {
    await house.kill();
    house.start();
  } else await crews.cut();
  const moments: Moment[] = [];
  let last: { at: number; usage: HouseUsage } = { at: began, usage: house.usage() };
  let backSeconds: number | null = null;
  while (backSeconds === null && performance.now() - began < LIMIT_MS) {
    await delay(SAMPLE_MS);
    const back = (await watch.presence(since))?.back ?? 0;
    const [at, usage] = [performance.now(), house.usage()];
    const share = (now: number, before: number) => Math.max(0, now - before) / ((at - last.at) / 1000);
    moments.push({
      seconds: (at - began) / 1000,
      back,
      controlPlaneCores: share(usage.controlPlaneSeconds, last.usage.controlPlaneSeconds),
      databaseCores: share(usage.databaseSeconds, last.usage.databaseSeconds),
      residentBytes: usage.residentBytes,
    });
    last = { at, usage };
    if (back >= agents) backSeconds = (at - began) / 1000;
  }
  await house.ready();
  await delay(AFTERWARDS_MS);
  return { kind, agents, backSeconds, moments, flaps: (await watch.told()).map(({ name, told }) => `${name}: ${told.join(", ")}`) };
}
