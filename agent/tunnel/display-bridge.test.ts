import { once } from "node:events";
import { createServer } from "node:http";
import { Duplex, duplexPair } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocketServer } from "ws";
import { atRest } from "../testing/at-rest";
import { webSocketOver } from "../testing/fake-control-plane";
import { bridgeDisplay } from "./display-bridge";
import { RfbFilter } from "./rfb-filter";
import { termsOf } from "./viewer-terms";

const MEGABYTE = 1024 * 1024;
const cleanups: Array<() => void> = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

/** Viewer and bridge in this process without a kernel in between, so that all that is in flight is the bridge's. */
async function bridged(display: Duplex, protocols?: string[]) {
  const [inside, outside] = duplexPair();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server = createServer();
  const reasons: string[] = [];
  server.on("upgrade", (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (viewer) => {
      bridgeDisplay({
        viewer,
        display,
        filter: new RfbFilter(termsOf("control")),
        fromDisplay: null,
        onInput: () => {},
        onEnd: (reason) => reasons.push(reason),
      });
    });
  });
  server.emit("connection", inside);
  const viewer = webSocketOver(outside, "/", protocols);
  viewer.on("error", () => {});
  cleanups.push(() => {
    viewer.terminate();
    display.destroy();
    server.close();
  });
  await once(viewer, "open");
  return { viewer, wire: outside, reasons };
}

describe("the bridge between a viewer and a display", () => {
  it("owes no answers to one who asks without end and reads none", async () => {
    const display = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const { viewer } = await bridged(display, ["berth-display-ping"]);
    let answers = 0;
    viewer.on("message", () => {
      answers += 1;
    });
    viewer.pause();
    for (let number = 0; number < 100_000; number += 1) viewer.send(`ping ${number}`);
    viewer.send("ping 7", () => viewer.resume());
    const answered = await atRest(() => answers);
    expect(answered).toBeGreaterThan(1_000);
    expect(answered).toBeLessThan(50_000);
  });

  it("reads under a megabyte from an endless display while its viewer stalls, and goes on when it reads again", async () => {
    let produced = 0;
    const display = new Duplex({
      read() {
        // Not at once: without a kernel in between nothing else would ever have its turn.
        setImmediate(() => {
          produced += 65_536;
          this.push(Buffer.alloc(65_536, 7));
        });
      },
      write: (_chunk, _encoding, done) => done(),
    });
    const { viewer } = await bridged(display);
    viewer.pause();
    const stalled = await atRest(() => produced);
    expect(stalled).toBeGreaterThan(0);
    expect(stalled).toBeLessThan(MEGABYTE);
    viewer.resume();
    await vi.waitFor(() => expect(produced).toBeGreaterThan(20 * MEGABYTE));
  });

  it("reads no more from a viewer than its display takes", async () => {
    let taken = 0;
    const held: Array<() => void> = [];
    const display = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        taken += chunk.length;
        held.push(done);
      },
    });
    const { viewer } = await bridged(display);
    viewer.send(Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 1, 99])]));
    for (let sent = 0; sent < 200; sent++) viewer.send(Buffer.alloc(65_536));
    await atRest(() => taken + display.writableLength);
    expect(taken + display.writableLength).toBeLessThan(MEGABYTE);
    const release = setInterval(() => {
      for (const done of held.splice(0)) done();
    }, 1);
    cleanups.push(() => clearInterval(release));
    await vi.waitFor(() => expect(taken).toBeGreaterThanOrEqual(200 * 65_536));
  });

  it("tells the viewer that the display ended, after its last bytes", async () => {
    const [near, far] = duplexPair();
    const { viewer, reasons } = await bridged(near);
    const message = once(viewer, "message");
    const closed = once(viewer, "close");
    far.end(Buffer.from("last"));
    expect(String((await message)[0])).toBe("last");
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([1000, "the display ended"]);
    expect(reasons).toEqual(["the display ended"]);
  });

  it("says 1011 where the display fails", async () => {
    const [near] = duplexPair();
    const { viewer } = await bridged(near);
    near.destroy(new Error("connection reset"));
    const [code, reason] = await once(viewer, "close");
    expect([code, String(reason)]).toEqual([1011, "the display failed: connection reset"]);
  });

  it("refuses text messages and frees the display when the viewer leaves", async () => {
    const [near] = duplexPair();
    const { viewer } = await bridged(near);
    viewer.send("text");
    expect((await once(viewer, "close"))[0]).toBe(1003);
    const [other] = duplexPair();
    const second = await bridged(other);
    second.viewer.close();
    await vi.waitFor(() => expect(other.destroyed).toBe(true));
  });
});
