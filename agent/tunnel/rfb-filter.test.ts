import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutText, HELLO, keyEvent, pointerEvent, setEncodings, updateRequest } from "../testing/rfb-client";
import { ENCODING } from "./rfb-encodings";
import { RfbFilter } from "./rfb-filter";
import { termsOf } from "./viewer-terms";

const INIT = Buffer.from([1]);
const pixelFormat = Buffer.alloc(20);
const fence = Buffer.concat([Buffer.from([248, 0, 0, 0, 0, 0, 0, 1, 3]), Buffer.from("abc")]);
const continuous = Buffer.concat([Buffer.from([150, 1]), Buffer.alloc(8)]);
const desktopSize = Buffer.concat([Buffer.from([251, 0, 4, 0, 3, 0, 1, 0]), Buffer.alloc(16)]);
const xvp = Buffer.from([250, 0, 1, 2]);
const qemuKey = Buffer.concat([Buffer.from([255, 0, 0, 1]), Buffer.alloc(8)]);
const qemuAudio = Buffer.from([255, 1, 0, 0]);
const extendedPointer = Buffer.from([5, 0x81, 0, 1, 0, 1, 1]);
const extendedClipboard = Buffer.concat([Buffer.from([6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfa]), Buffer.from([4, 4, 4, 4, 4, 4])]);

const HARMLESS = [pixelFormat, setEncodings(0, 1, ENCODING.extendedMouseButtons), updateRequest(true, 640, 480), fence, continuous];
const INPUT = [
  keyEvent(97, true),
  pointerEvent(1, 2, 0),
  cutText("hello \u0004\u0004"),
  desktopSize,
  xvp,
  qemuKey,
  qemuAudio,
  extendedPointer,
  extendedClipboard,
];

function filtered(mode: "control" | "view", bytes: Buffer, cuts: readonly number[] = [], terms = termsOf(mode)) {
  const filter = new RfbFilter(terms);
  const out: Buffer[] = [];
  let input = false;
  let problem: string | null = null;
  const points = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  points.slice(1).forEach((end, index) => {
    // A copy each, as from a socket whose buffer is used again.
    const result = filter.push(Buffer.from(bytes.subarray(points[index], end)));
    out.push(...result.forward.map((part) => Buffer.from(part)));
    input ||= result.input;
    problem ??= result.problem;
  });
  return { out: Buffer.concat(out), input, problem };
}
const stream = (messages: readonly Buffer[], hello = HELLO) =>
  Buffer.concat([hello, INIT, setEncodings(ENCODING.extendedMouseButtons), ...messages]);

describe("the filter of a viewer's bytes", () => {
  it("passes everything in mode control and lets nothing but harmless messages through in mode view, however the bytes are cut", () => {
    const messages = fc.array(fc.constantFrom(...HARMLESS, ...INPUT), { maxLength: 30, size: "max" });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 60, size: "max" }), (sent, cuts) => {
        const bytes = stream(sent);
        const control = filtered("control", bytes, cuts);
        expect(control.out.equals(bytes)).toBe(true);
        expect(control.problem).toBeNull();
        const view = filtered("view", bytes, cuts);
        expect(view.out.equals(stream(sent.filter((message) => HARMLESS.includes(message))))).toBe(true);
        expect(view.problem).toBeNull();
        expect(view.input).toBe(control.input);
      }),
    );
  });

  it("gives the same for single bytes", () => {
    const bytes = stream([...INPUT, ...HARMLESS, ...INPUT]);
    const singles = Array.from({ length: bytes.length }, (_, index) => index);
    expect(filtered("view", bytes, singles).out.equals(filtered("view", bytes).out)).toBe(true);
  });

  it("survives any bytes at all, cut anywhere, and says the same of them", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.nat(), { maxLength: 30, size: "max" }),
        fc.constantFrom("control" as const, "view" as const),
        (noise, cuts, mode) => {
          const bytes = Buffer.concat([HELLO, INIT, Buffer.from(noise)]);
          const whole = filtered(mode, bytes);
          const parts = filtered(mode, bytes, cuts);
          expect(parts.out.equals(whole.out)).toBe(true);
          expect(parts.problem).toBe(whole.problem);
        },
      ),
    );
  });

  it("notes keys and the pointer as input, and nothing else", () => {
    for (const message of [keyEvent(97, true), pointerEvent(0, 0, 0), qemuKey, extendedPointer]) {
      expect(filtered("control", stream([message])).input).toBe(true);
    }
    for (const message of [...HARMLESS, desktopSize, qemuAudio]) expect(filtered("control", stream([message])).input).toBe(false);
  });

  it("takes the mark of extended buttons only from a client that announced them", () => {
    const plain = Buffer.concat([HELLO, INIT, Buffer.from([5, 0x81, 0, 1, 0, 1]), updateRequest(true, 1, 1)]);
    expect(filtered("view", plain)).toMatchObject({ problem: null, out: Buffer.concat([HELLO, INIT, updateRequest(true, 1, 1)]) });
  });

  it("takes VNC authentication's answer as part of the handshake", () => {
    const hello = Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([2]), Buffer.alloc(16, 4)]);
    expect(filtered("view", stream([keyEvent(97, true)], hello)).out.equals(stream([], hello))).toBe(true);
  });

  it("makes a watcher share the display", () => {
    const alone = Buffer.concat([HELLO, Buffer.from([0])]);
    expect(filtered("view", alone).out.at(-1)).toBe(1);
    expect(filtered("control", alone).out.at(-1)).toBe(0);
  });

  it("ends a watcher at a message of unknown type and passes a controller's on unread", () => {
    const bytes = Buffer.concat([HELLO, INIT, Buffer.from([77, 1, 2, 3])]);
    expect(filtered("view", bytes)).toMatchObject({
      problem: expect.stringContaining("unknown type 77"),
      out: Buffer.concat([HELLO, INIT]),
    });
    expect(filtered("control", bytes)).toMatchObject({ problem: null, out: bytes });
  });

  it.each([
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n"), "does not speak RFB"],
    ["RFB 3.3", Buffer.from("RFB 003.003\n"), "3.7 or 3.8"],
    ["an unknown security type", Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([19])]), "security type 19"],
    ["a clipboard beyond the bound", Buffer.concat([HELLO, INIT, Buffer.from([6, 0, 0, 0, 0x7f, 0, 0, 0])]), "clipboard"],
    ["a negative clipboard beyond the bound", Buffer.concat([HELLO, INIT, Buffer.from([6, 0, 0, 0, 0x80, 0, 0, 0])]), "clipboard"],
    ["too many encodings", Buffer.concat([HELLO, INIT, Buffer.from([2, 0, 0xff, 0xff])]), "encodings"],
    ["a long fence", Buffer.concat([HELLO, INIT, Buffer.from([248, 0, 0, 0, 0, 0, 0, 0, 255])]), "fence"],
  ])("ends a client that sends %s", (_name, bytes, words) => {
    expect(filtered("control", bytes).problem).toContain(words);
    expect(filtered("view", bytes).problem).toContain(words);
  });

  describe("of one who may not bring a clipboard", () => {
    const flagged = (flags: number, payload: number) => {
      const message = Buffer.alloc(12 + payload);
      message.writeUInt8(6, 0);
      message.writeInt32BE(-(4 + payload), 4);
      message.writeUInt32BE(flags >>> 0, 8);
      return message;
    };
    /** Caps, request, peek: questions about what was copied inside. */
    const QUESTIONS = [flagged(1 << 24, 4), flagged((1 << 25) | 1, 0), flagged(1 << 26, 0)];
    const TEXTS = [
      cutText("plain"),
      cutText(""),
      extendedClipboard,
      flagged((1 << 27) | 1, 0),
      flagged((1 << 28) | 1, 30),
      flagged((1 << 28) | (1 << 25) | 1, 30),
      flagged((1 << 25) | 1, 30),
      flagged(1 << 24, 500),
    ];
    const CLOSED = termsOf("control", { clipboard_in: false, clipboard_out: true });

    it("drops every text, plain and extended, passes questions and everything else, however the bytes are cut", () => {
      const others = [...HARMLESS, keyEvent(97, true), keyEvent(97, false), pointerEvent(1, 2, 0), desktopSize, qemuKey, ...QUESTIONS];
      fc.assert(
        fc.property(
          fc.array(fc.constantFrom(...others, ...TEXTS), { maxLength: 30, size: "max" }),
          fc.array(fc.nat(), { maxLength: 60, size: "max" }),
          (sent, cuts) => {
            const { out, problem } = filtered("control", stream(sent), cuts, CLOSED);
            expect(problem).toBeNull();
            expect(out.equals(stream(sent.filter((message) => others.includes(message))))).toBe(true);
          },
        ),
      );
    });

    it("ends it at a message of unknown type, behind which a clipboard might hide", () => {
      const bytes = Buffer.concat([HELLO, INIT, Buffer.from([77]), cutText("hidden")]);
      expect(filtered("control", bytes, [], CLOSED)).toMatchObject({ problem: expect.stringContaining("unknown type 77") });
    });
  });

  describe("of one who gets nothing that was copied inside", () => {
    const CLOSED = termsOf("control", { clipboard_in: true, clipboard_out: false });
    const clipboardEncoding = -1_063_131_698;

    it("asks the display for what can be measured alone, and passes all else", () => {
      const before = Buffer.concat([HELLO, INIT]);
      const asked = Buffer.concat([before, setEncodings(7, 5, clipboardEncoding, -223), keyEvent(97, true), cutText("in")]);
      const wanted = Buffer.concat([before, setEncodings(7, -223), keyEvent(97, true), cutText("in")]);
      for (const cuts of [[], Array.from({ length: asked.length }, (_, at) => at)])
        expect(filtered("control", asked, cuts, CLOSED)).toMatchObject({ problem: null, out: wanted });
    });

    it("ends a client that changes the size of pixels while pictures are under way, or speaks an older RFB", () => {
      const format = Buffer.concat([Buffer.from([0, 0, 0, 0, 16, 16, 0, 1]), Buffer.alloc(12)]);
      const late = Buffer.concat([HELLO, INIT, format, updateRequest(false, 8, 8), format]);
      expect(filtered("control", late, [], CLOSED).problem).toContain("pixel format");
      expect(filtered("control", late.subarray(0, late.length - 20), [], CLOSED).problem).toBeNull();
      expect(filtered("control", Buffer.from("RFB 003.007\n"), [], CLOSED).problem).toContain("3.8 is needed");
    });
  });

  it("takes no more held keys than a keyboard has", () => {
    const keys = Array.from({ length: 257 }, (_, at) => keyEvent(at + 1, true));
    expect(filtered("control", stream(keys)).problem).toContain("more keys than");
    expect(filtered("control", stream(keys.slice(1))).problem).toBeNull();
  });
});
