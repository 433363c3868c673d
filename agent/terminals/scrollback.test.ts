import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Scrollback } from "./scrollback";

const kept = (limit: number, ...chunks: string[]): string => {
  const scrollback = new Scrollback(limit);
  for (const chunk of chunks) scrollback.push(Buffer.from(chunk));
  return scrollback.read().toString();
};

/** Shorter than what is kept: one that is longer is cut within, as a further test has it. Twelve graphemes may have more than fifty bytes. */
const line = fc
  .string({ maxLength: 12, unit: "grapheme" })
  .map((word) => `${word.replaceAll("\n", "")}\n`)
  .filter((text) => Buffer.byteLength(text) < 50);

describe("what is kept of a terminal", () => {
  it("is all of it while that is little", () => {
    expect(kept(100, "one\r\n", "two")).toBe("one\r\ntwo");
  });

  it("is at most the limit, begins after a line's end and ends with what was printed last", () => {
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = kept(50, ...lines);
        const whole = lines.join("");
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(50);
        expect(whole.endsWith(text)).toBe(true);
        expect(text === whole || whole[whole.length - text.length - 1] === "\n").toBe(true);
      }),
    );
  });

  it("is cut at no character's middle where there are no lines", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("ä", "€", "😀", "x"), { minLength: 60 }), (characters) => {
        expect(kept(50, characters.join(""))).not.toContain("\ufffd");
      }),
    );
  });

  it("says the modes that what was dropped had set: a full-screen program is still one", () => {
    const filler = `${"x".repeat(30)}\n`.repeat(10);
    const startOf = (text: string) => text.slice(0, text.indexOf("x"));
    expect(startOf(kept(50, "\u001b[?1049h\u001b[?2004h", filler, "end"))).toBe("\u001b[?1049h\u001b[?2004h");
    expect(startOf(kept(50, "\u001b[?1049h", filler, "\u001b[?1049l\n", filler, "end"))).toBe("\u001b[?1049l");
    expect(kept(50, "\u001b[?6h", filler)).not.toContain("\u001b");
  });
});
