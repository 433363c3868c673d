/** A Chromium for the tests in a browser. */
import { existsSync } from "node:fs";
import { aptInstall, findProgram, hasApt, isRoot } from "./debian.mjs";
import { Refusal } from "./say.mjs";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Its path: CHROMIUM_PATH, one on the PATH, or Debian's package, installed as root. Rejects with a `Refusal` with what to do. */
export async function ensureBrowser() {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (!existsSync(given)) throw new Refusal(`CHROMIUM_PATH names ${given}, which isn't there`);
    return given;
  }
  const found = names.map(findProgram).find(Boolean);
  if (found) return found;
  if (isRoot() && hasApt()) {
    await aptInstall(["chromium"], "browser for the tests");
    const installed = findProgram("chromium");
    if (installed) return installed;
  }
  throw new Refusal("The tests need Chromium: install it (on Debian: sudo apt-get install chromium), or name one in CHROMIUM_PATH");
}
