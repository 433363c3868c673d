import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Clock, Timer } from "../platform/clock";

/** Enough to keep a core busy with peers far away. */
const AT_ONCE = 64;
/** Who takes longer goes on, and keeps nobody waiting any more. */
const PATIENCE_MS = 1_000;
/** Agents give up on a dial after 15 seconds, and registering takes some of them when thousands dial: what came longer ago than this would be shaken hands with in vain. */
const STALE_MS = 5_000;

export interface HandshakeLimits {
  readonly atOnce?: number;
}

/**
 * TLS handshakes in the order in which they came, some at a time. When thousands dial at once, all of them at once would all be late, give up and
 * dial again; in order, the first are in while the last still wait.
 */
export function shakeHandsInOrder(server: Server, clock: Clock, { atOnce = AT_ONCE }: HandshakeLimits = {}): void {
  const begins = server.listeners("connection");
  const waiting: { readonly socket: Socket; readonly since: number }[] = [];
  const underWay = new Map<string, Timer>();

  const done = (peer: string) => {
    underWay.get(peer)?.cancel();
    if (underWay.delete(peer)) next();
  };
  const begin = (socket: Socket) => {
    const peer = peerOf(socket);
    underWay.set(
      peer,
      clock.after(PATIENCE_MS, () => done(peer)),
    );
    socket.once("close", () => done(peer));
    for (const run of begins) run.call(server, socket);
  };
  const next = () => {
    while (underWay.size < atOnce) {
      const first = waiting.shift();
      if (!first) return;
      if (first.socket.destroyed) continue;
      if (clock.now().getTime() - first.since > STALE_MS) first.socket.destroy();
      else begin(first.socket);
    }
  };

  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    socket.on("error", () => socket.destroy());
    waiting.push({ socket, since: clock.now().getTime() });
    next();
  });
  server.on("secureConnection", (socket: TLSSocket) => done(peerOf(socket)));
  server.on("tlsClientError", (_error: Error, socket: TLSSocket) => done(peerOf(socket)));
}

const peerOf = (socket: Duplex & Pick<Socket, "remoteAddress" | "remotePort">): string => `${socket.remoteAddress} ${socket.remotePort}`;
