import type { Duplex } from "node:stream";

/** A whole TLS record's plain text (RFC 8446, 5.1): where one comes, the next is likely to be there already. */
const RECORD_BYTES = 16 * 1024;
/** What waits for the write under way, at most, give or take a chunk; as much again is in that write. */
const MOST_HELD_BYTES = 256 * 1024;

/**
 * What `from.pipe(to)` does, for a source that gives 16 KB at a time, as TLS does: records that arrived together are written together.
 * One by one each costs a walk through both streams and a write of its own, a quarter of a stream's CPU. What is less than a record, as
 * a key press is, goes at once. `copied` is told of memory that this took.
 */
export function pipeGathered(from: Duplex, to: Duplex, copied: (bytes: number) => void): void {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let writing = false;
  let awaited: NodeJS.Immediate | undefined;
  let ended = false;

  const write = (): void => {
    awaited = undefined;
    if (writing) return;
    const [first] = held;
    if (!first) {
      if (ended) to.end();
      return;
    }
    const gathered = held.length === 1 ? first : Buffer.concat(held, heldBytes);
    if (gathered !== first) copied(heldBytes);
    held = [];
    heldBytes = 0;
    writing = true;
    to.write(gathered, (error) => {
      writing = false;
      if (error) return;
      if (from.isPaused()) from.resume();
      if (!awaited) write();
    });
  };

  from.on("data", (chunk: Buffer) => {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes >= MOST_HELD_BYTES) from.pause();
    if (writing || awaited) return;
    if (chunk.length < RECORD_BYTES) write();
    else awaited = setImmediate(write);
  });
  from.once("end", () => {
    ended = true;
    if (!awaited) write();
  });
  // A listener alone does not wake what was paused on purpose.
  from.resume();
}
