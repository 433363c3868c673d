import { connect } from "node:net";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

const BANNER_BYTES = 12;
const RETRY_MS = 2;

/** One try: true when the display sent its banner, false when it isn't there yet. */
function tryBanner(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let received = 0;
    socket.on("data", (chunk) => {
      received += chunk.length;
      if (received < BANNER_BYTES) return;
      resolve(true);
      socket.destroy();
    });
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(false));
  });
}

/** Tries every 2 ms until a display on a unix socket has sent the 12 bytes that every RFB server begins with. Throws after `timeoutMs`. */
export async function awaitBanner(socketPath: string, timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs;
  while (!(await tryBanner(socketPath))) {
    if (performance.now() > until) throw new Error(`no RFB banner on ${socketPath} within ${timeoutMs} ms`);
    await delay(RETRY_MS);
  }
}
