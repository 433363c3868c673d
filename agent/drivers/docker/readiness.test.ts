import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { untilDisplayReady } from "./readiness";

/** A peer that says `words` at once, or nothing, whatever it is told. */
function peer(words: string | null): Duplex {
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, taken) => taken() });
  if (words !== null) stream.push(words);
  return stream;
}

function awaitDisplay(...saying: Array<string | null>): Promise<void> {
  return untilDisplayReady({
    protocol: "rfb",
    path: "/",
    port: 5900,
    timeoutSeconds: 10,
    signal: new AbortController().signal,
    open: async () => peer(saying.shift() ?? null),
    stillRuns: async () => {},
  });
}

const BANNER = "RFB 003.008\n";

describe("an RFB display that is awaited", () => {
  it("is ready when it was silent at first and speaks RFB by the time it is asked what it is", async () => {
    await expect(awaitDisplay(null, BANNER, BANNER)).resolves.toBeUndefined();
  });

  it("is refused by what it speaks when it waits to be spoken to and answers HTTP", async () => {
    await expect(awaitDisplay(null, "HTTP/1.1 200 OK\r\n\r\n")).rejects.toThrow(/Port 5900 does not speak RFB: it answered with HTTP/);
  });
});
