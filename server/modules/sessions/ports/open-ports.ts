import type { Bus } from "../../../platform/bus";
import type { Clock } from "../../../platform/clock";
import type { Log } from "../../../platform/log";

interface Open {
  readonly sessionId: string;
  /** Rejects once it is no longer allowed. */
  readonly allowed: () => Promise<unknown>;
  readonly end: () => void;
  /** It is by a link or an invitation: what its owner may do matters too. */
  readonly shared: boolean;
  /** When that runs out by itself. */
  readonly until: Date | null;
}

/** Connections to sessions' ports that are open at this control plane, so that they end when what allowed them does. */
export class OpenPorts {
  private readonly open = new Set<Open>();
  private unsubscribe: (() => void) | null = null;

  constructor(private readonly deps: { readonly bus: Bus; readonly clock: Clock; readonly log: Log }) {}

  start(): void {
    this.unsubscribe = this.deps.bus.subscribe((event) => {
      if (event.kind === "session" || event.kind === "viewers" || (event.kind === "inside" && event.about === "ports"))
        this.recheck(event.sessionId);
      // Of an owner who may no longer do anything, whoever was let in by them goes too.
      if (event.kind === "access") for (const one of this.open) if (one.shared) this.check(one);
    });
  }

  stop(): void {
    this.unsubscribe?.();
  }

  /**
   * What is shared is asked for at once: what was taken back between the check and this was heard by nobody. Returns how to leave.
   */
  add(one: Open): () => void {
    const { until } = one;
    this.open.add(one);
    const expiry = until && this.deps.clock.after(Math.max(0, until.getTime() - this.deps.clock.now().getTime()), () => this.check(one));
    if (one.shared) this.check(one);
    return () => {
      expiry?.cancel();
      this.open.delete(one);
    };
  }

  private recheck(sessionId: string): void {
    for (const one of this.open) if (one.sessionId === sessionId) this.check(one);
  }

  private check(one: Open): void {
    one.allowed().catch((error: unknown) => {
      this.deps.log.info({ err: error, sessionId: one.sessionId }, "a connection to a port was ended");
      if (this.open.has(one)) one.end();
    });
  }
}
