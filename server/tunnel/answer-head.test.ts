import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnswerHeadReader } from "./answer-head";

const good = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection:Upgrade \r\nX-Two: a\r\nx-two: b\r\n\r\n";

function readAll(text: string | Buffer, cuts: number[] = []) {
  const bytes = Buffer.isBuffer(text) ? text : Buffer.from(text, "latin1");
  const reader = new AnswerHeadReader();
  let at = 0;
  for (const cut of [...cuts.map((part) => part % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
    const progress = reader.push(bytes.subarray(at, cut));
    at = cut;
    if (progress.state === "done") return { ...progress, rest: Buffer.concat([progress.rest, bytes.subarray(at)]) };
    if (progress.state === "refused") return progress;
  }
  return { state: "more" as const };
}

describe("a well-formed head", () => {
  it("gives status, headers in lower case with every value, and what follows", () => {
    const read = readAll(`${good}\x82\x01x`);
    if (read.state !== "done") throw new Error(JSON.stringify(read));
    expect(read.head.status).toBe(101);
    expect([...read.head.headers]).toEqual([
      ["upgrade", ["websocket"]],
      ["connection", ["Upgrade"]],
      ["x-two", ["a", "b"]],
    ]);
    expect(read.rest).toEqual(Buffer.from("\x82\x01x", "latin1"));
  });

  it("reads the same however it is cut", () => {
    const header = fc.tuple(fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/), fc.stringMatching(/^[ -~]{0,40}$/));
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        fc.array(header, { maxLength: 8 }),
        fc.uint8Array({ maxLength: 60 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (status, headers, rest, cuts) => {
          const head = `HTTP/1.1 ${status} Some words\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
          const bytes = Buffer.concat([Buffer.from(head, "latin1"), rest]);
          const whole = readAll(bytes);
          expect(readAll(bytes, cuts)).toEqual(whole);
          expect(whole.state === "done" && whole.rest.equals(rest) && whole.head.status === status).toBe(true);
        },
      ),
    );
  });
});

describe("anything else", () => {
  it.each([
    ["HTTP/1.0", "HTTP/1.0 101 x\r\n\r\n", "not HTTP/1.1"],
    ["RFB", "RFB 003.008\n", "not HTTP/1.1"],
    ["a bare line feed after the status", "HTTP/1.1 101 x\nUpgrade: websocket\r\n\r\n", "bare line feed"],
    ["a bare line feed that ends the head", "HTTP/1.1 101 x\r\nA: b\n\n", "bare line feed"],
    ["a bare carriage return", "HTTP/1.1 101 x\r\nA: b\rC: d\r\n\r\n", "bare carriage return"],
    ["a folded header", "HTTP/1.1 101 x\r\nA: b\r\n c\r\n\r\n", "malformed header"],
    ["a space before the colon", "HTTP/1.1 101 x\r\nTransfer-Encoding : chunked\r\n\r\n", "malformed header"],
    ["a header without a colon", "HTTP/1.1 101 x\r\nUpgrade\r\n\r\n", "malformed header"],
    ["a header without a name", "HTTP/1.1 101 x\r\n: websocket\r\n\r\n", "malformed header"],
    ["a NUL", "HTTP/1.1 101 x\r\nA: \0\r\n\r\n", "control character"],
    ["a status of two digits", "HTTP/1.1 10\r\n\r\n", "status line"],
    ["a status of four digits", "HTTP/1.1 1010 x\r\n\r\n", "status line"],
    ["an interim answer", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 x\r\n\r\n", "interim answer 100"],
  ])("refuses %s", (_, text, problem) => {
    const read = readAll(text);
    expect(read).toEqual({ state: "refused", problem: expect.stringContaining(problem) });
  });

  it("refuses a head over 16 KB and holds no more than that", () => {
    const reader = new AnswerHeadReader();
    reader.push(Buffer.from("HTTP/1.1 101 x\r\nA: "));
    const states = Array.from({ length: 20 }, () => reader.push(Buffer.alloc(1024, "x")).state);
    expect(states).toContain("refused");
    expect(states.indexOf("refused")).toBeLessThan(17);
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => ["more", "refused", "done"].includes(readAll(Buffer.from(bytes)).state)),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) =>
        ["more", "refused", "done"].includes(readAll(Buffer.concat([Buffer.from("HTTP/1.1 101 x\r\n"), bytes])).state),
      ),
    );
  });
});
