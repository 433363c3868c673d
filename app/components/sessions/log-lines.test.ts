import { describe, expect, it } from "vitest";
import { logText, MAX_LOG_LINES, readLine, withLines } from "./log-lines";

const at = "2026-11-22T10:45:15.123Z";

describe("lines of a log on the page", () => {
  it("are taken apart into moment and text, and control characters are shown", () => {
    expect(readLine(`${at} \u001b[31mred`, 1)).toEqual({ number: 1, at, text: "^[[31mred" });
    expect(readLine("no moment", 2)).toEqual({ number: 2, at: null, text: "no moment" });
  });

  it("are kept up to a number, the newest of them, and keep their own numbers", () => {
    const many = withLines(
      withLines([], ["first"]),
      Array.from({ length: MAX_LOG_LINES }, (_, index) => `line ${index}`),
    );
    expect(many).toHaveLength(MAX_LOG_LINES);
    expect(many[0]).toMatchObject({ number: 2, text: "line 0" });
  });

  it("are copied with their moments or without", () => {
    const entries = withLines([], [`${at} one`, "two"]);
    expect(logText(entries, true)).toBe(`${at} one\ntwo\n`);
    expect(logText(entries, false)).toBe("one\ntwo\n");
  });
});
