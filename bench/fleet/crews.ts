import { join } from "node:path";
import { z } from "zod";
import { Child } from "../measure/child";
import { ownUsage } from "../measure/processes";
import type { Enrolled } from "./enrol";

/** One process has its limit of open files, and one core. */
const PER_PROCESS = 2_500;
const crewState = z.object({ begun: z.number(), beats: z.number() });

/** All agents of a bench, in as many processes as they need. */
export class Crews {
  private readonly children: { child: Child; agents: number }[] = [];
  private agents = 0;

  /** `url`: what the agents dial; `folder`: where they keep their journals. */
  constructor(private readonly options: { readonly url: string; readonly folder: string; readonly seed: number }) {}

  /** These begin too, `perSecond` of them a second; resolves at once. */
  async add(enrolled: readonly Enrolled[], perSecond: number): Promise<void> {
    const { url, folder, seed } = this.options;
    const parts: { child: Child; agents: Enrolled[] }[] = [];
    let rest = [...enrolled];
    while (rest.length > 0) {
      let crew = this.children.find(({ agents }) => agents < PER_PROCESS);
      if (!crew) {
        crew = { child: Child.start("crew", "./crew.js"), agents: 0 };
        this.children.push(crew);
      }
      const mine = rest.slice(0, PER_PROCESS - crew.agents);
      rest = rest.slice(mine.length);
      crew.agents += mine.length;
      parts.push({ child: crew.child, agents: mine });
    }
    for (const { child, agents } of parts) {
      const share = Math.max(1, (perSecond * agents.length) / enrolled.length);
      const input = { url, folder: join(folder, "agents"), perSecond: share, seed: seed + this.agents, agents };
      this.agents += agents.length;
      await child.call("hold", input, z.unknown());
    }
  }

  /** Heartbeats that were made so far. */
  async beats(): Promise<number> {
    const states = await Promise.all(this.children.map(({ child }) => child.call("state", null, crewState)));
    return states.reduce((sum, { beats }) => sum + beats, 0);
  }

  /** All their connections go at once. */
  async cut(): Promise<void> {
    await Promise.all(this.children.map(({ child }) => child.call("cut", null, z.unknown())));
  }

  usage(): { cpuSeconds: number; residentBytes: number } {
    const all = this.children.map(({ child }) => ownUsage(child.pid));
    return {
      cpuSeconds: all.reduce((sum, one) => sum + one.cpuSeconds, 0),
      residentBytes: all.reduce((sum, one) => sum + one.residentBytes, 0),
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.children.map(({ child }) => child.stop()));
  }
}
