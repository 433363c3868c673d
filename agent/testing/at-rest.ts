import { vi } from "vitest";

/** Looks that must agree, and milliseconds between them: a busy machine may leave a writer without its turn for one or two of them. */
const LOOKS = 8;
const APART_MS = 50;

/** What the count stands at once it has begun and no longer grows, as of bytes that a stalled reader keeps from being written. */
export async function atRest(count: () => number): Promise<number> {
  let before = 0;
  let same = 0;
  await vi.waitFor(
    () => {
      const now = count();
      same = now > 0 && now === before ? same + 1 : 0;
      before = now;
      if (same < LOOKS) throw new Error(`${now} so far, the same in ${same} looks`);
    },
    { interval: APART_MS },
  );
  return before;
}
