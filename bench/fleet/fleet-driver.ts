import type { ResourceUsage } from "@berth/protocol/agent-messages";
import { MemoryDriver } from "../../agent/drivers/memory/memory-driver";

/** A host that is at work: what it uses is another value at each heartbeat, so that each is news to whoever looks. */
export class FleetDriver extends MemoryDriver {
  beats = 0;

  constructor(private readonly random: () => number) {
    super();
  }

  override async usage(): Promise<ResourceUsage> {
    this.beats += 1;
    return { cpu: 100 * this.random(), memory: 40 + 20 * this.random(), disk: 50 };
  }
}
