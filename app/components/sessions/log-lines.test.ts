import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linesWith, logText, MAX_LOG_LINES, marked, ofStream, readLine, withLines } from "./log-lines";

const at = "2026-11-22T10:45:15.123Z";
const said = (text: string, stream: string | null = "stdout", moment: string | null = at) => JSON.stringify({ at: moment, stream, text });

describe("lines of a log on the page", () => {
  it("are read with moment, stream and text, and control characters are shown", () => {
    expect(readLine(said("\u001b[31mred", "stderr"), 1)).toEqual({ number: 1, at, stream: "stderr", text: "^[[31mred" });
    expect(readLine(said("old", null, null), 2)).toEqual({ number: 2, at: null, stream: null, text: "old" });
    expect(readLine("not what was agreed", 3)).toEqual({ number: 3, at: null, stream: null, text: "not what was agreed" });
  });

  it("are kept up to a number, the newest of them, and keep their own numbers", () => {
    const lines = (count: number) => Array.from({ length: count }, (_, index) => said(`line ${index}`));
    const many = withLines(withLines([], [said("first")]), lines(MAX_LOG_LINES));
    expect(many).toHaveLength(MAX_LOG_LINES);
    expect(many[0]).toMatchObject({ number: 2, text: "line 0" });
    const flood = withLines(many, lines(100_000));
    expect(flood).toHaveLength(MAX_LOG_LINES);
    expect(flood.at(-1)).toMatchObject({ number: MAX_LOG_LINES + 1 + 100_000, text: "line 99999" });
  });

  it("are copied with their moments or without", () => {
    const entries = withLines([], [said("one"), said("two", null, null)]);
    expect(logText(entries, true)).toBe(`${at} one\ntwo\n`);
    expect(logText(entries, false)).toBe("one\ntwo\n");
  });

  it("are shown of one stream, with what is told of containers between them", () => {
    const entries = withLines([], [said("out"), said("err", "stderr"), said("it ended", "berth")]);
    expect(ofStream(entries, "stderr").map(({ text }) => text)).toEqual(["err", "it ended"]);
    expect(ofStream(entries, "all")).toBe(entries);
  });

  it("are found among a hundred thousand", () => {
    const entries = Array.from({ length: 100_000 }, (_, index) => ({
      number: index + 1,
      at,
      stream: null,
      text: `Request ${index} took 3 ms`,
    }));
    expect(linesWith(entries, "REQUEST 4242")).toEqual([4243, ...Array.from({ length: 10 }, (_, digit) => 42_421 + digit)]);
    expect(linesWith(entries, "")).toEqual([]);
  });

  it("are marked where the words are, and are the same text together", () => {
    expect(marked("Error: an error", "error").filter(({ hit }) => hit)).toEqual([
      { text: "Error", hit: true, from: 0 },
      { text: "error", hit: true, from: 10 },
    ]);
    fc.assert(
      fc.property(fc.string(), fc.string({ maxLength: 3 }), (text, words) => {
        expect(
          marked(text, words)
            .map((piece) => piece.text)
            .join(""),
        ).toBe(text);
      }),
    );
  });
});
