import { Socket } from "node:net";
import { Pool } from "undici";
import type { Clock, Timer } from "../platform/clock";
import type { AppGrant } from "./app-access";
import type { TunnelBroker } from "./tunnel-broker";

const MAX_CONNECTIONS = 32;
/** An idle tunnel is kept for the next request; an idle pool is closed. */
const KEEP_ALIVE_MS = 15_000;
const IDLE_POOL_MS = 60_000;
/** Apps may think, and stream for as long as they like. */
const HEADERS_TIMEOUT_MS = 300_000;

interface Entry {
  readonly pool: Pool;
  grant: AppGrant;
  inUse: number;
  idleSince: number;
}

/** HTTP connections to apps, kept by agent, session and port: never shared between two containers. */
export class AppPools {
  private readonly entries = new Map<string, Entry>();
  private readonly sweep: Timer;

  constructor(
    private readonly broker: TunnelBroker,
    private readonly clock: Clock,
  ) {
    this.sweep = clock.every(IDLE_POOL_MS / 2, () => this.closeIdle());
  }

  /** The pool for an app; `release` it when the answer has ended. */
  take(sessionId: string, grant: AppGrant): { pool: Pool; release(): void } {
    const key = `${grant.agentId}/${sessionId}/${grant.port}`;
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

  private make(key: string, first: AppGrant): Entry {
    const entry: Entry = {
      grant: first,
      inUse: 0,
      idleSince: this.clock.now().getTime(),
      pool: new Pool("http://app", {
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
