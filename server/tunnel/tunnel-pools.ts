import { Socket } from "node:net";
import type { ToAgent } from "@berth/protocol/agent-messages";
import { Pool } from "undici";
import type { Clock, Timer } from "../platform/clock";
import type { TunnelBroker, TunnelKey, TunnelTarget } from "./tunnel-broker";

const MAX_CONNECTIONS = 32;
/** An idle tunnel is kept for the next request; an idle pool is closed. */
const KEEP_ALIVE_MS = 15_000;
const IDLE_POOL_MS = 60_000;
/** What answers may think, and stream for as long as it likes. */
const HEADERS_TIMEOUT_MS = 300_000;

export interface TunnelGrant extends TunnelTarget {
  request(tunnel: TunnelKey): ToAgent;
}

interface Entry {
  readonly pool: Pool;
  grant: TunnelGrant;
  inUse: number;
  idleSince: number;
}

/** HTTP connections through tunnels, kept for the next request. */
export class TunnelPools {
  private readonly entries = new Map<string, Entry>();
  private readonly sweep: Timer;

  constructor(
    private readonly broker: Pick<TunnelBroker, "open">,
    private readonly clock: Clock,
  ) {
    this.sweep = clock.every(IDLE_POOL_MS / 2, () => this.closeIdle());
  }

  /** The pool of `key`, which names all that a tunnel is bound to: two containers never share one. `release` it when the answer has ended. */
  take(key: string, grant: TunnelGrant): { pool: Pool; release(): void } {
    const entry = this.entries.get(key) ?? this.make(key, grant);
    entry.grant = grant;
    entry.inUse += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      entry.inUse -= 1;
      entry.idleSince = this.clock.now().getTime();
    };
    return { pool: entry.pool, release };
  }

  get size(): number {
    return this.entries.size;
  }

  async close(): Promise<void> {
    this.sweep.cancel();
    await Promise.all([...this.entries.values()].map(({ pool }) => pool.destroy()));
    this.entries.clear();
  }

  private make(key: string, first: TunnelGrant): Entry {
    const entry: Entry = {
      grant: first,
      inUse: 0,
      idleSince: this.clock.now().getTime(),
      pool: new Pool("http://tunnel", {
        connections: MAX_CONNECTIONS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS,
        headersTimeout: HEADERS_TIMEOUT_MS,
        bodyTimeout: 0,
        connect: (_, callback) => {
          this.broker
            .open(entry.grant, (key) => entry.grant.request(key))
            .then(
              (socket) => (socket instanceof Socket ? callback(null, socket) : callback(new TypeError("a tunnel must be a socket"), null)),
              (error: Error) => callback(error, null),
            );
        },
      }),
    };
    this.entries.set(key, entry);
    return entry;
  }

  private closeIdle(): void {
    const limit = this.clock.now().getTime() - IDLE_POOL_MS;
    for (const [key, { pool, inUse, idleSince }] of this.entries) {
      if (inUse > 0 || idleSince > limit) continue;
      this.entries.delete(key);
      void pool.destroy();
    }
  }
}
