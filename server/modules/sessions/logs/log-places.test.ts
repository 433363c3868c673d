import type { LogLine } from "@berth/protocol/tunnel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linesAfter, readPlace, withPlaces } from "./log-places";

async function* from(lines: readonly LogLine[]): AsyncGenerator<LogLine> {
  yield* lines;
}
const all = async <T>(lines: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const line of lines) found.push(line);
  return found;
};
const restAfter = async (lines: readonly LogLine[], id: string) => {
  const place = readPlace(id);
  const since = lines.filter(({ at }) => at === null || at >= place.readFrom);
  return (await all(linesAfter(withPlaces(from(since)), place))).map(({ text }) => text);
};

/** Several may share a moment; the two streams are each in order, and told as their lines end. */
const logs = fc
  .array(fc.record({ wait: fc.nat(3), stream: fc.constantFrom("stdout" as const, "stderr" as const), ns: fc.nat(2), late: fc.nat(300) }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((drawn) => {
    const moments = new Map([
      ["stdout", Date.parse("2026-11-22T10:00:00Z")],
      ["stderr", Date.parse("2026-11-22T10:00:00.200Z")],
    ]);
    return drawn.map(({ wait, stream, late }, index): LogLine => {
      const moment = (moments.get(stream) ?? 0) + wait * (late % 7);
      moments.set(stream, moment);
      return { at: new Date(moment).toISOString(), text: String(index), stream };
    });
  });

describe("the places of a log's lines", () => {
  it("let whoever lost the connection go on after any line, without loss and without doubling", async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.nat(), async (lines, cut) => {
        const at = cut % lines.length;
        const seen = (await all(withPlaces(from(lines))))[at];
        expect(await restAfter(lines, seen?.place ?? "")).toEqual(lines.slice(at + 1).map(({ text }) => text));
      }),
    );
  });

  it("tell lines apart that an engine told in one millisecond", async () => {
    const at = "2026-11-22T10:00:00.123Z";
    const lines: LogLine[] = [
      { at, ns: 1, text: "a", stream: "stdout" },
      { at, ns: 2, text: "b", stream: "stdout" },
      { at, ns: 2, text: "b", stream: "stdout" },
      { at, ns: 2, text: "c", stream: "stderr" },
    ];
    const places = (await all(withPlaces(from(lines)))).map(({ place }) => place);
    expect(new Set(places).size).toBe(4);
    expect(await restAfter(lines, places[1] ?? "")).toEqual(["b", "c"]);
  });

  it("of a line that is gone mean what was printed after it", async () => {
    const line = (second: number): LogLine => ({ at: `2026-11-22T10:00:0${second}.000Z`, text: String(second), stream: "stdout" });
    expect(await restAfter([line(3), line(5)], "2026-11-22T10:00:02.000Z.0-stdout-0")).toEqual(["3", "5"]);
  });

  it.each(["", "nonsense", "2026-13-45T10:00:00.000Z.0-stdout-0", "x".repeat(5000)])("are refused where they are none: %s", (id) => {
    expect(() => readPlace(id)).toThrow("names no line");
  });
});
