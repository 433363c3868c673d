/**
 * Which clipboard messages of a client carry no text into the desktop. With the extended clipboard the client also *asks* for what was
 * copied there: without these questions nothing would come out either.
 */
const CAPS = 1 << 24;
const REQUEST = 1 << 25;
const PEEK = 1 << 26;
const ACTIONS = 0x1f << 24;
/** The flags, and a size for each of the 16 formats at most. */
const MAX_CAPS_BYTES = 4 + 4 * 16;
const HEAD_BYTES = 12;

/** Whether the ClientCutText that begins with `head` is such a question; null: more of it is needed to tell. */
export function asksOnly(head: Buffer, length: number): boolean | null {
  if (head.readInt32BE(4) >= 0 || length < HEAD_BYTES) return false;
  if (head.length < HEAD_BYTES) return null;
  const action = head.readUInt32BE(8) & ACTIONS;
  const payload = length - 8;
  if (action === CAPS) return payload <= MAX_CAPS_BYTES;
  return (action === REQUEST || action === PEEK) && payload === 4;
}
