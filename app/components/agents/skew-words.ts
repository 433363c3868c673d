import { formatSpan } from "../../format/time";

/** Below this it is the way of the message as much as the clock. */
const EXACT_MS = 1_000;
/** From here on its proofs come near to being refused. */
const FAR_MS = 120_000;

/** How far a host's clock is off, and whether that is worth a warning. */
export function skewWords(skewMs: number): { words: string; far: boolean } {
  const off = Math.abs(skewMs);
  if (off < EXACT_MS) return { words: "within a second", far: false };
  const span = off < 60_000 ? `${Math.round(off / 1000)} s` : formatSpan(off);
  return { words: `${span} ${skewMs > 0 ? "ahead" : "behind"}`, far: off >= FAR_MS };
}
