import type { WatchLine } from "@berth/protocol/session-watch";
import type { Bus } from "../../platform/bus";
import type { Clock } from "../../platform/clock";
import type { AgentRequests } from "../sessions/inside/agent-requests";
import type { FileVisits } from "../sessions/inside/file-visits";
import { KeptWatch } from "../sessions/inside/watch-lines";

interface Watched {
  readonly watch: KeptWatch;
  readonly listeners: Set<(line: WatchLine) => void>;
}

export interface FileWatchesDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly agentApi: AgentRequests;
  readonly visits: Pick<FileVisits, "folders">;
}

/** Sessions' folders, each watched once however many listen, and not at all when nobody does. */
export class FileWatches {
  private readonly watched = new Map<string, Watched>();
  private unsubscribe: (() => void) | null = null;

  constructor(private readonly deps: FileWatchesDeps) {}

  start(): void {
    this.unsubscribe = this.deps.bus.subscribe((event) => {
      if (event.kind === "session") void this.watched.get(event.sessionId)?.watch.look();
    });
  }

  stop(): void {
    this.unsubscribe?.();
    for (const { watch } of this.watched.values()) watch.stop();
    this.watched.clear();
  }

  /** Whoever calls has asked whether the files may be touched, and goes on asking. What can't be watched now is later. Returns how to stop. */
  follow(sessionId: string, listener: (line: WatchLine) => void): () => void {
    const watched = this.watched.get(sessionId) ?? this.begin(sessionId);
    watched.listeners.add(listener);
    return () => {
      if (!watched.listeners.delete(listener) || watched.listeners.size > 0) return;
      watched.watch.stop();
      if (this.watched.get(sessionId) === watched) this.watched.delete(sessionId);
    };
  }

  private begin(sessionId: string): Watched {
    const { agentApi, clock, visits } = this.deps;
    const listeners = new Set<(line: WatchLine) => void>();
    const line = (said: WatchLine) => {
      for (const listener of [...listeners]) listener(said);
    };
    const watched = { listeners, watch: new KeptWatch({ agentApi, clock, open: () => visits.folders(sessionId), line }) };
    this.watched.set(sessionId, watched);
    return watched;
  }
}
