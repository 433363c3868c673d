import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { pipeGathered } from "./gathered-pipe";
import { youngGarbage } from "./young-garbage";

export interface SpliceCount {
  readonly fromLeft: number;
  readonly fromRight: number;
}

export interface Splice {
  /** Resolves when both sides are closed; never rejects. */
  readonly ended: Promise<SpliceCount>;
  count(): SpliceCount;
  /** Cuts both sides at once. */
  end(): void;
}

/** After one side has said that it sends no more, how long the other may take to finish. */
const HALF_CLOSED_MS = 30_000;
const KEEP_ALIVE_MS = 30_000;

/** For a socket that carries a stream: no delay of small writes, and a dead peer is found out. */
export function tuneSocket(socket: Duplex): void {
  if (!(socket instanceof Socket)) return;
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
}

function pass(from: Duplex, to: Duplex): void {
  if (from instanceof TLSSocket) pipeGathered(from, to, (bytes) => youngGarbage.passed(bytes));
  else from.pipe(to);
}

/** Joins two sockets byte for byte until either ends. Back-pressure is TCP's: a side that isn't read stops the other being read. */
export function splice(left: Duplex, right: Duplex): Splice {
  let fromLeft = 0;
  let fromRight = 0;
  let halfClosed: NodeJS.Timeout | undefined;
  const end = (): void => {
    left.destroy();
    right.destroy();
  };
  const closing = (): void => {
    halfClosed ??= setTimeout(end, HALF_CLOSED_MS).unref();
  };
  const closed = (side: Duplex) =>
    new Promise<void>((resolve) => {
      if (side.closed) return resolve();
      side.once("close", resolve);
    });
  for (const [side, other] of [
    [left, right],
    [right, left],
  ] as const) {
    tuneSocket(side);
    side.on("error", end);
    side.once("end", closing);
    // A side that is cut takes the other with it; one that closed in order lets the other send what it still holds.
    side.once("close", () => (side.readableEnded ? other.end() : other.destroy()));
  }
  left.on("data", (chunk: Buffer) => {
    fromLeft += chunk.length;
    youngGarbage.passed(chunk.length);
  });
  right.on("data", (chunk: Buffer) => {
    fromRight += chunk.length;
    youngGarbage.passed(chunk.length);
  });
  pass(left, right);
  pass(right, left);
  if (left.destroyed || right.destroyed) end();
  const count = (): SpliceCount => ({ fromLeft, fromRight });
  const ended = Promise.all([closed(left), closed(right)]).then(() => {
    clearTimeout(halfClosed);
    return count();
  });
  return { ended, count, end };
}
