export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until there is an answer. Throws with the last refusal, or what is being waited for, when it takes too long. */
export async function until<T>(what: string, limitMs: number, ask: () => Promise<T | null | undefined | false>): Promise<T> {
  let last = "";
  for (const deadline = performance.now() + limitMs; performance.now() < deadline; await pause(20)) {
    try {
      const found = await ask();
      if (found) return found;
      last = "";
    } catch (error) {
      last = error instanceof Error ? `; last: ${error.message}` : "";
    }
  }
  throw new Error(`waited ${limitMs / 1000} s in vain for ${what}${last}`);
}
