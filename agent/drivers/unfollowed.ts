import type { Stats } from "node:fs";
import { open } from "node:fs/promises";

const O_PATH = 0o10000000;
const O_NOFOLLOW = 0o400000;

/**
 * Uses what has this name, in a folder where a session can put anything, a link to the engine's own socket for one: never what a link leads to,
 * and never what took its place since it was looked at. `through` is a path to that very thing, as long as `use` goes on.
 */
export async function unfollowed<Result>(path: string, use: (found: Stats, through: string) => Promise<Result>): Promise<Result> {
  const handle = await open(path, O_PATH | O_NOFOLLOW);
  try {
    return await use(await handle.stat(), `/proc/self/fd/${handle.fd}`);
  } finally {
    await handle.close();
  }
}
