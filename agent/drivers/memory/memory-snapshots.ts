import { BerthError } from "@berth/protocol/errors";
import { type CreateSnapshotData, type SnapshotResult, snapshotVolume } from "@berth/protocol/snapshots";
import { throwIfAborted } from "../abort";
import type { Operation, Snapshots } from "../driver";

/** Snapshots by name alone: the homes of sessions in memory hold nothing. */
export class MemorySnapshots implements Snapshots {
  readonly #volumes = new Set<string>();
  readonly #hasHome: (volume: string) => boolean;

  constructor(hasHome: (volume: string) => boolean) {
    this.#hasHome = hasHome;
  }

  async create({ snapshot, volume, filesystem }: CreateSnapshotData, operation: Operation): Promise<SnapshotResult> {
    if (!this.#hasHome(volume)) throw new BerthError("HOME_MISSING", `Home ${volume} is no longer on this host`);
    operation.report("home_copying", "The home is copied", 50);
    throwIfAborted(operation.signal);
    this.#volumes.add(snapshotVolume(snapshot));
    operation.report("home_copied", "The home was copied");
    return { size_bytes: 1024, image_bytes: filesystem ? 2048 : null, consistent: true };
  }

  async remove(snapshot: string): Promise<void> {
    this.#volumes.delete(snapshotVolume(snapshot));
  }

  list(): string[] {
    return [...this.#volumes];
  }

  /** Throws `HOME_MISSING` where a home is to begin as a copy of one that isn't there. */
  demand(volume: string): void {
    if (!this.#volumes.has(volume))
      throw new BerthError("HOME_MISSING", "The snapshot that this session begins from is not on its host any more");
  }
}
