import fc from "fast-check";
import { expect, test } from "vitest";
import { acceptKey, encodeFrame, FrameReader, ProtocolError } from "./websocket.mjs";

/** A client's frame: masked, in the shortest length form. */
function clientFrame(opcode: number, payload: Buffer, { final = true, mask = Buffer.from([7, 0, 255, 66]) } = {}): Buffer {
  const plain = encodeFrame(opcode, payload);
  const headLength = plain.length - payload.length;
  const head = Buffer.from(plain.subarray(0, headLength));
  if (!final) head[0] = (head[0] ?? 0) & 0x7f;
  head[1] = (head[1] ?? 0) | 0x80;
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ (mask[at & 3] ?? 0))]);
}

function read(pieces: Buffer[], limit?: number) {
  const messages: string[] = [];
  const controls: [number, string][] = [];
  const reader = new FrameReader({
    limit,
    onMessage: (text: string) => messages.push(text),
    onControl: (opcode: number, payload: Buffer) => controls.push([opcode, payload.toString()]),
  });
  for (const piece of pieces) reader.feed(piece);
  return { messages, controls };
}

function closeCodeOf(run: () => unknown): number | null {
  try {
    run();
  } catch (error) {
    if (error instanceof ProtocolError) return error.closeCode;
    throw error;
  }
  return null;
}

test("the key of RFC 6455's example is answered as the RFC says", () => {
  expect(acceptKey("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("messages come out as they went in, however the bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme", maxLength: 300 }), { minLength: 1, maxLength: 5 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 50 })),
      (texts, cuts) => {
        const bytes = Buffer.concat(texts.map((text) => clientFrame(1, Buffer.from(text))));
        const pieces: Buffer[] = [];
        for (let at = 0; at < bytes.length; ) {
          const length = cuts.next().value ?? 1;
          pieces.push(bytes.subarray(at, at + length));
          at += length;
        }
        expect(read(pieces).messages).toEqual(texts);
      },
    ),
  );
});

test.each([0, 125, 126, 65_535, 65_536, 200_000])("a message of %i bytes is read whole", (length) => {
  expect(read([clientFrame(1, Buffer.alloc(length, "a"))]).messages).toEqual(["a".repeat(length)]);
});

test("a ping between the fragments of a message is told apart from them", () => {
  const seen = read([
    clientFrame(1, Buffer.from("half "), { final: false }),
    clientFrame(9, Buffer.from("there?")),
    clientFrame(0, Buffer.from("and half")),
  ]);
  expect(seen).toEqual({ messages: ["half and half"], controls: [[9, "there?"]] });
});

test("what the protocol forbids is refused with its close code", () => {
  const unmasked = encodeFrame(1, "hello");
  expect(closeCodeOf(() => read([unmasked]))).toBe(1002);
  expect(closeCodeOf(() => read([clientFrame(0, Buffer.from("no beginning"))]))).toBe(1002);
  expect(closeCodeOf(() => read([clientFrame(9, Buffer.from("x"), { final: false })]))).toBe(1002);
  expect(closeCodeOf(() => read([clientFrame(2, Buffer.from([1]))]))).toBe(1003);
  expect(closeCodeOf(() => read([clientFrame(1, Buffer.from([0xff, 0xfe]))]))).toBe(1007);
  expect(closeCodeOf(() => read([clientFrame(1, Buffer.alloc(101))], 100))).toBe(1009);
});

test("a message in many fragments is bounded as a whole", () => {
  const fragment = clientFrame(1, Buffer.alloc(60), { final: false });
  const next = clientFrame(0, Buffer.alloc(60), { final: false });
  expect(closeCodeOf(() => read([fragment, next], 100))).toBe(1009);
});

test("a length that is announced but never sent is refused before anything is kept", () => {
  const head = Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]);
  expect(closeCodeOf(() => read([head]))).toBe(1009);
});
