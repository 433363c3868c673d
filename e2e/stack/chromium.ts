import { existsSync } from "node:fs";

/** Debian's Chromium, or the one that `CHROMIUM_PATH` names; undefined leaves it to Playwright's own. */
export function chromiumPath(): string | undefined {
  const candidates = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return candidates.find((path) => path !== undefined && existsSync(path));
}

/** `--no-sandbox`: the tests run as root in CI. The others keep the browser from calling home. */
export const chromiumArguments = [
  "--no-sandbox",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];
