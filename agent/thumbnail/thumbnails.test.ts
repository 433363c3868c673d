import { type Duplex, duplexPair } from "node:stream";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { codeOf } from "../drivers/driver-contract";
import { MemoryDisplay } from "../drivers/memory/memory-display";
import { ManualClock } from "../testing/manual-clock";
import { AveragePicture, type Picture } from "./average-picture";
import { encodePng, encodeWithin } from "./encode-png";
import { lookAtDisplay } from "./look-at-display";
import { Thumbnails } from "./thumbnails";

/** As a browser reads it: RGB of eight bits, rows by the filters Sub and Up. */
function decodePng(png: Buffer): Picture {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const packed: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") packed.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const rows = inflateSync(Buffer.concat(packed));
  const length = 3 * width;
  const rgb = Buffer.alloc(height * length);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (length + 1)];
    for (let x = 0; x < length; x++) {
      const before = filter === 1 ? (x < 3 ? 0 : rgb[y * length + x - 3]) : y === 0 ? 0 : rgb[(y - 1) * length + x];
      rgb[y * length + x] = (rows[y * (length + 1) + 1 + x] ?? 0) + (before ?? 0);
    }
  }
  return { width, height, rgb };
}

function noise(width: number, height: number): Picture {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  return { width, height, rgb: Buffer.from(Array.from({ length: width * height * 3 }, next)) };
}

/** A display that says what a test tells it to. */
function playedDisplay(play: (server: Duplex) => void): Duplex {
  const [client, server] = duplexPair();
  server.on("error", () => {});
  client.on("error", () => {});
  play(server);
  server.resume();
  return client;
}

const hello = (width: number, height: number): Buffer => {
  const init = Buffer.alloc(24);
  init.writeUInt16BE(width, 0);
  init.writeUInt16BE(height, 2);
  return Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 1, 0, 0, 0, 0]), init]);
};
const update = (x: number, y: number, width: number, height: number, encoding = 0): Buffer => {
  const head = Buffer.alloc(16);
  head.writeUInt16BE(1, 2);
  for (const [index, value] of [x, y, width, height].entries()) head.writeUInt16BE(value, 4 + 2 * index);
  head.writeInt32BE(encoding, 12);
  return head;
};

describe("a look at a display", () => {
  it("sees what is drawn there, small: each pixel is the average of what falls on it", async () => {
    const display = new MemoryDisplay("640x480", false);
    for (const letter of "berth") display.key(letter.charCodeAt(0), true);
    const { width, height, rgb } = await lookAtDisplay(display.open(), 320);
    expect([width, height]).toEqual([320, 240]);
    const average = (x: number, y: number, shift: number) => {
      const part = (dx: number, dy: number) => (display.picture.pixel(2 * x + dx, 2 * y + dy) >> shift) & 255;
      return Math.floor((part(0, 0) + part(1, 0) + part(0, 1) + part(1, 1)) / 4);
    };
    for (let y = 0; y < 240; y += 1)
      for (let x = 0; x < 320; x += 7)
        expect([...rgb.subarray((y * 320 + x) * 3, (y * 320 + x) * 3 + 3)]).toEqual([16, 8, 0].map((shift) => average(x, y, shift)));
    expect(new Set(rgb).size).toBeGreaterThan(3);
  });

  it("types nothing, points nowhere and leaves the clipboard alone", async () => {
    const display = new MemoryDisplay("640x480", false);
    await lookAtDisplay(display.open(), 320);
    expect(display.input).toEqual({ text: "", keys: 0, pointer: null, clipboard: null, sizes: [] });
  });

  it.each([
    ["a screen of 5000 pixels", hello(5000, 10)],
    ["an encoding that was not asked for", Buffer.concat([hello(8, 8), update(0, 0, 8, 8, 7)])],
    ["a rectangle outside of its screen", Buffer.concat([hello(8, 8), update(4, 4, 8, 8)])],
    ["a clipboard without end", Buffer.concat([hello(8, 8), Buffer.from([3, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])])],
    ["a message that nobody asked for", Buffer.concat([hello(8, 8), Buffer.from([99])])],
    ["a password", Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 2])])],
    ["another protocol", Buffer.from("HTTP/1.1 400 Bad\r\n\r\n")],
    [
      "the same corner again and again",
      Buffer.concat([hello(8, 8), ...Array.from({ length: 9 }, () => Buffer.concat([update(0, 0, 8, 4), Buffer.alloc(8 * 4 * 4)]))]),
    ],
  ])("leaves a display with %s", async (_, said) => {
    expect(
      await codeOf(
        lookAtDisplay(
          playedDisplay((server) => void server.write(said)),
          320,
        ),
      ),
    ).toBe("DISPLAY_UNREACHABLE");
  });

  it("passes over bells, colours and what was copied, and takes a picture in parts", async () => {
    const half = (y: number) => Buffer.concat([update(0, y, 8, 4), Buffer.alloc(8 * 4 * 4, 100 + y)]);
    const talk = [Buffer.from([2]), Buffer.from([3, 0, 0, 0, 0, 0, 0, 2, 65, 66]), Buffer.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])];
    const said = Buffer.concat([hello(8, 8), half(4), ...talk, half(0)]);
    const { rgb } = await lookAtDisplay(
      playedDisplay((server) => void server.write(said)),
      320,
    );
    expect([rgb[0], rgb.at(-1)]).toEqual([100, 104]);
  });
});

describe("a small picture", () => {
  it("comes out of its PNG as it went in", () => {
    const pictures = fc
      .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }))
      .chain(([width, height]) =>
        fc
          .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
          .map((rgb) => ({ width, height, rgb: Buffer.from(rgb) })),
      );
    fc.assert(
      fc.property(pictures, (picture) => {
        expect(decodePng(encodePng(picture))).toEqual(picture);
      }),
    );
  });

  it("is never larger than it may be, even of noise", () => {
    const png = encodeWithin(noise(320, 200), 64 * 1024);
    expect(png.length).toBeLessThanOrEqual(64 * 1024);
    expect(decodePng(png).width).toBe(160);
    expect(encodeWithin(noise(50, 50), 1).length).toBeGreaterThan(1);
  });

  it("fits into its square, however tall the screen is", () => {
    const tall = new AveragePicture(10, 4096, 320);
    expect([tall.width, tall.height]).toEqual([1, 320]);
    const small = new AveragePicture(64, 48, 320);
    expect([small.width, small.height]).toEqual([64, 48]);
  });
});

describe("the pictures of an agent", () => {
  const on = { thumbnails: true };
  const taking = (open: (sessionId: string) => Duplex) => {
    const clock = new ManualClock();
    const opened: string[] = [];
    const openDisplay = async (sessionId: string) => {
      opened.push(sessionId);
      return open(sessionId);
    };
    return { clock, opened, thumbnails: new Thumbnails({ clock, openDisplay }) };
  };

  it("are taken once for all who ask, and again after ten seconds", async () => {
    const display = new MemoryDisplay("640x480", false);
    const { clock, opened, thumbnails } = taking(() => display.open());
    const [one, two] = await Promise.all([thumbnails.of("a", on), thumbnails.of("a", on)]);
    expect(two).toBe(one);
    clock.advance(9_999);
    await thumbnails.of("a", on);
    expect(opened).toEqual(["a"]);
    clock.advance(1);
    display.key(66, true);
    expect((await thumbnails.of("a", on)).equals(one)).toBe(false);
    expect(opened).toEqual(["a", "a"]);
    await vi.waitFor(() => expect(display.viewers).toBe(0));
  });

  it("are refused where the session's policy allows none, though one was taken a moment ago", async () => {
    const { opened, thumbnails } = taking(() => new MemoryDisplay("640x480", false).open());
    await thumbnails.of("a", on);
    expect(await codeOf(thumbnails.of("a", { thumbnails: false }))).toBe("THUMBNAILS_OFF");
    expect(opened).toEqual(["a"]);
  });

  it("are given up after five seconds on a display that does not paint, which is not tried again at once", async () => {
    const { clock, opened, thumbnails } = taking(() => playedDisplay((server) => void server.write(hello(8, 8))));
    const code = codeOf(thumbnails.of("a", on));
    while (clock.waiting.length === 0) await Promise.resolve();
    clock.advance(5_000);
    expect(await code).toBe("DISPLAY_UNREACHABLE");
    expect(await codeOf(thumbnails.of("a", on))).toBe("DISPLAY_UNREACHABLE");
    expect(opened).toEqual(["a"]);
  });
});
