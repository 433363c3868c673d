import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENCODING, onlyMeasurable, type PixelSize } from "./rfb-encodings";
import { RfbServerFilter } from "./rfb-server-filter";

const u16 = (...values: number[]) => Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 255])));
const i32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((each) => Buffer.from(each));
const PIXEL_32 = Buffer.concat([Buffer.from([32, 24, 0, 1]), u16(255, 255, 255), Buffer.alloc(6)]);
const PIXEL_16 = Buffer.concat([Buffer.from([16, 16, 0, 1]), u16(31, 63, 31), Buffer.alloc(6)]);
const formats = {
  "32 bits": { init: PIXEL_32, pixel: { bytes: 4, tightBytes: 3 } },
  "16 bits": { init: PIXEL_16, pixel: { bytes: 2, tightBytes: 2 } },
};
const hello = (format: Buffer) =>
  Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([2, 1, 2]), i32(0), u16(800, 600), format, i32(4), Buffer.from("desk")]);

const compact = (length: number) =>
  length < 0x80
    ? Buffer.from([length])
    : length < 0x4000
      ? Buffer.from([(length & 0x7f) | 0x80, length >> 7])
      : Buffer.from([(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14]);
const sized = (maximum: number) => fc.integer({ min: 0, max: maximum }).chain(bytes);

/** Rectangles as a server encodes them, whose contents are anything at all. */
function rectangle({ bytes: pixel, tightBytes }: PixelSize): fc.Arbitrary<Buffer> {
  return fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 9 })).chain(([width, height]) => {
    const head = (encoding: number) => Buffer.concat([u16(3, 4, width, height), i32(encoding)]);
    const of = (encoding: number, body: fc.Arbitrary<Buffer>) => body.map((content) => Buffer.concat([head(encoding), content]));
    const mask = Math.ceil(width / 8) * height;
    const packed = (size: number) =>
      size < 12 ? bytes(size) : sized(20_000).map((content) => Buffer.concat([compact(content.length), content]));
    const tight = fc.oneof(
      bytes(tightBytes).map((fill) => Buffer.concat([Buffer.from([0x80]), fill])),
      sized(40_000).map((jpeg) => Buffer.concat([Buffer.from([0x90]), compact(jpeg.length), jpeg])),
      packed(width * height * tightBytes).map((content) => Buffer.concat([Buffer.from([0x1f]), content])),
      packed(width * height * tightBytes).map((content) => Buffer.concat([Buffer.from([0x40, 2]), content])),
      fc
        .integer({ min: 1, max: 256 })
        .chain((colours) =>
          fc
            .tuple(bytes(colours * tightBytes), packed(colours <= 2 ? mask : width * height))
            .map((parts) => Buffer.concat([Buffer.from([0x50, 1, colours - 1]), ...parts])),
        ),
    );
    return fc.oneof(
      of(ENCODING.raw, bytes(width * height * pixel)),
      of(ENCODING.copyRect, bytes(4)),
      of(
        ENCODING.zrle,
        sized(3000).map((content) => Buffer.concat([i32(content.length), content])),
      ),
      of(ENCODING.tight, tight),
      of(ENCODING.cursor, bytes(width * height * pixel + mask)),
      of(
        ENCODING.vmwareCursor,
        bytes(4 * width * height).map((content) => Buffer.concat([Buffer.from([1, 0]), content])),
      ),
      of(
        ENCODING.vmwareCursor,
        bytes(2 * width * height * pixel).map((content) => Buffer.concat([Buffer.from([0, 0]), content])),
      ),
      of(ENCODING.desktopName, fc.constant(Buffer.concat([i32(3), Buffer.from("new")]))),
      of(ENCODING.extendedDesktopSize, fc.constant(Buffer.concat([Buffer.from([2, 0, 0, 0]), Buffer.alloc(32, 3)]))),
      of(ENCODING.desktopSize, fc.constant(Buffer.alloc(0))),
      of(ENCODING.qemuExtendedKey, fc.constant(Buffer.alloc(0))),
      of(ENCODING.qemuLed, bytes(1)),
    );
  });
}

interface Sent {
  readonly content: Buffer;
  readonly clipboard: boolean;
}
const plainCut = sized(500).map((text) => Buffer.concat([Buffer.from([3, 0, 0, 0]), i32(text.length), text]));
const extendedCut = sized(500).map((text) => Buffer.concat([Buffer.from([3, 0, 0, 0]), i32(-text.length), text]));
const message = (pixel: PixelSize): fc.Arbitrary<Sent> =>
  fc.oneof(
    fc.array(rectangle(pixel), { maxLength: 4 }).map((all) => ({
      content: Buffer.concat([Buffer.from([0, 0]), u16(all.length), ...all]),
      clipboard: false,
    })),
    // As many as there may be, and a last one that says so.
    rectangle(pixel).map((one) => ({
      content: Buffer.concat([Buffer.from([0, 0]), u16(0xffff), one, u16(0, 0, 0, 0), i32(ENCODING.lastRect)]),
      clipboard: false,
    })),
    fc.oneof(plainCut, extendedCut).map((content) => ({ content, clipboard: true })),
    fc.constantFrom<Sent>(
      { content: Buffer.from([2]), clipboard: false },
      { content: Buffer.from([150]), clipboard: false },
      { content: Buffer.from([250, 0, 1, 2]), clipboard: false },
      { content: Buffer.from([248, 0, 0, 0, 0, 0, 0, 1, 2, 9, 9]), clipboard: false },
      { content: Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 2]), Buffer.alloc(12, 5)]), clipboard: false },
    ),
  );

function run(data: Buffer, cuts: readonly number[], options: { pixel?: PixelSize; security?: 1 | 2; clipboard?: boolean } = {}) {
  const filter = new RfbServerFilter({ security: options.security ?? 1, pixel: options.pixel ?? null });
  filter.clipboard = options.clipboard ?? false;
  const points = [...new Set([0, ...cuts.map((cut) => cut % (data.length + 1)), data.length])].sort((a, b) => a - b);
  const out: Buffer[] = [];
  let problem: string | null = null;
  let held = 0;
  points.slice(1).forEach((end, index) => {
    const result = filter.push(Buffer.from(data.subarray(points[index], end)));
    out.push(...result.forward.map((part) => Buffer.from(part)));
    problem = result.problem;
    held = Math.max(held, filter.held);
  });
  return { out: Buffer.concat(out), problem, held };
}

describe("the filter of a display's bytes", () => {
  it.each(Object.entries(formats))(
    "leaves out what was copied and passes the rest byte for byte, %s, however it is cut",
    (_name, { init, pixel }) => {
      fc.assert(
        fc.property(
          fc.array(message(pixel), { maxLength: 12, size: "max" }),
          fc.array(fc.nat(), { maxLength: 40, size: "max" }),
          (sent, cuts) => {
            const stream = (all: readonly Sent[]) => Buffer.concat([hello(init), ...all.map((each) => each.content)]);
            const { out, problem, held } = run(stream(sent), cuts);
            expect(problem).toBeNull();
            expect(out.equals(stream(sent.filter((each) => !each.clipboard)))).toBe(true);
            expect(held).toBeLessThan(25);
            expect(run(stream(sent), cuts, { clipboard: true }).out.equals(stream(sent))).toBe(true);
          },
        ),
      );
    },
  );

  it("measures pixels as the client asked for them, not as the display has them", () => {
    fc.assert(
      fc.property(
        fc.array(message(formats["16 bits"].pixel), { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 20, size: "max" }),
        (sent, cuts) => {
          const stream = (all: readonly Sent[]) => Buffer.concat([hello(PIXEL_32), ...all.map((each) => each.content)]);
          const { out, problem } = run(stream(sent), cuts, { pixel: formats["16 bits"].pixel });
          expect(problem).toBeNull();
          expect(out.equals(stream(sent.filter((each) => !each.clipboard)))).toBe(true);
        },
      ),
    );
  });

  it("gives the same for single bytes, and for any bytes at all however they are cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(), { maxLength: 30, size: "max" }), (noise, cuts) => {
        const data = Buffer.concat([hello(PIXEL_32), Buffer.from(noise)]);
        const whole = run(data, []);
        const parts = run(data, cuts);
        const singles = run(
          data,
          Array.from({ length: data.length }, (_, at) => at),
        );
        for (const other of [parts, singles]) {
          expect(other.out.equals(whole.out)).toBe(true);
          expect(other.problem).toBe(whole.problem);
          expect(other.held).toBeLessThan(25);
        }
      }),
    );
  });

  it("takes VNC authentication and a refusal with its reason as parts of the handshake", () => {
    const begin = Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 2])]);
    const init = Buffer.concat([u16(8, 8), PIXEL_32, i32(0)]);
    const passed = Buffer.concat([begin, Buffer.alloc(16, 7), i32(0), init, Buffer.from([2])]);
    expect(run(passed, [], { security: 2 })).toMatchObject({ problem: null, out: passed });
    const refused = Buffer.concat([begin, Buffer.alloc(16, 7), i32(1), i32(2), Buffer.from("no")]);
    expect(run(refused, [], { security: 2 })).toMatchObject({ problem: null, out: refused });
    const more = Buffer.concat([refused, Buffer.from([3, 0, 0, 0, 0, 0, 0, 1, 65])]);
    expect(run(more, [], { security: 2 })).toMatchObject({ problem: expect.stringContaining("more after it refused"), out: refused });
  });

  it.each([
    ["a message that nobody knows", Buffer.from([99, 1, 2, 3])],
    ["an encoding that was not asked for", Buffer.concat([Buffer.from([0, 0, 0, 1]), u16(0, 0, 8, 8), i32(5), Buffer.alloc(50)])],
    ["a PNG within Tight", Buffer.concat([Buffer.from([0, 0, 0, 1]), u16(0, 0, 8, 8), i32(7), Buffer.from([0xa0, 1, 1])])],
    ["an unknown filter of Tight", Buffer.concat([Buffer.from([0, 0, 0, 1]), u16(0, 0, 8, 8), i32(7), Buffer.from([0x40, 3])])],
    ["an unknown kind of cursor", Buffer.concat([Buffer.from([0, 0, 0, 1]), u16(0, 0, 8, 8), i32(0x574d5664), Buffer.from([2, 0])])],
  ])("ends at %s, behind which a clipboard might hide", (_name, content) => {
    const cut = Buffer.concat([Buffer.from([3, 0, 0, 0]), i32(6), Buffer.from("secret")]);
    const { out, problem } = run(Buffer.concat([hello(PIXEL_32), content, cut]), []);
    expect(problem).toContain("can't be kept from the clipboard");
    expect(out.includes("secret")).toBe(false);
  });

  it("offers a display only the encodings that it can measure, never the extended clipboard", () => {
    const asked = [7, 16, 5, -260, 50, 21, -223, -224, -26, -254, -0x3f5e1a32, 0x574d5664, -312, -313, -1063131698];
    const message = Buffer.alloc(4 + 4 * asked.length);
    message.writeUInt8(2, 0);
    message.writeUInt16BE(asked.length, 2);
    for (const [index, encoding] of asked.entries()) message.writeInt32BE(encoding, 4 + 4 * index);
    const kept = onlyMeasurable(message);
    expect(kept.readUInt16BE(2)).toBe((kept.length - 4) / 4);
    expect(Array.from({ length: kept.readUInt16BE(2) }, (_, at) => kept.readInt32BE(4 + 4 * at))).toEqual([
      7, 16, -223, -224, -26, -254, 0x574d5664, -312, -313,
    ]);
  });
});
