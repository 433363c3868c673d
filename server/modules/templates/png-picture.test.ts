import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pngChunk, pngOf } from "../../testing/small-png";
import { cleanPng } from "./png-picture";

describe("an uploaded picture", () => {
  it("is put together anew without what does not draw", () => {
    const script = Buffer.from("Comment\0<script>alert(1)</script>");
    const dirty = Buffer.concat([
      pngOf({ side: 32, extra: [pngChunk("tEXt", script), pngChunk("eXIf", script), pngChunk("vpAg", script)] }),
      Buffer.from("<html><script>alert(2)</script>"),
    ]);
    const clean = cleanPng(dirty);
    expect(clean.includes("script")).toBe(false);
    expect(clean).toEqual(cleanPng(pngOf({ side: 32 })));
    expect(cleanPng(clean)).toEqual(clean);
  });

  it.each([
    ["no PNG", Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), /no PNG/],
    ["cut off", pngOf({ side: 16 }).subarray(0, 60), /cut off/],
    ["too small", pngOf({ side: 8 }), /8 × 8/],
    ["too large", pngOf({ side: 513, lines: 1 }), /513/],
    ["interlaced", pngOf({ side: 16, interlaced: true }), /interlaced/],
    ["fewer pixels than it says", pngOf({ side: 16, lines: 3 }), /more or fewer/],
    ["a bomb: more pixels than it says", pngOf({ side: 16, lines: 40_000 }), /don't unpack|more or fewer/],
  ])("is refused: %s", (_, bytes, why) => {
    expect(() => cleanPng(bytes)).toThrow(why);
  });

  it("is refused, and no fault of ours, with any byte changed that is not its pixels' own", () => {
    const good = pngOf({ side: 16 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ change;
        expect(() => cleanPng(bad)).toThrow(/The icon was refused/);
      }),
    );
  });
});
