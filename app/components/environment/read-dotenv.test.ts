import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDotenv } from "./read-dotenv";

describe("the text of an .env file", () => {
  it("gives names and values, without comments, quotes and export", () => {
    const text = `# ours\nA=1\nexport B = two words # why\r\nC='it is # kept'\nD="a\\n\\"b\\"" # said\nURL=http://x/?a=b#c\nE=\nA=2`;
    expect(readDotenv(text)).toEqual({
      variables: new Map([
        ["A", "2"],
        ["B", "two words"],
        ["C", "it is # kept"],
        ["D", 'a\n"b"'],
        ["URL", "http://x/?a=b#c"],
        ["E", ""],
      ]),
      problems: [],
    });
  });

  it("names lines that are none by their number, and never what they hold", () => {
    expect(readDotenv('hunter2\nA="open\n1B=x').problems).toEqual([
      "Line 1 is not NAME=value",
      "Line 2: a quote of A is not closed",
      "Line 3 is not NAME=value",
    ]);
  });

  it("looks nothing up and carries nothing out", () => {
    expect(readDotenv("A=$HOME\nB=`id`\nC=$(id)").variables).toEqual(
      new Map([
        ["A", "$HOME"],
        ["B", "`id`"],
        ["C", "$(id)"],
      ]),
    );
  });

  it("reads whatever comes, and any value back from double quotes", () => {
    fc.assert(fc.property(fc.string(), (text) => readDotenv(text).problems.length >= 0));
    fc.assert(
      fc.property(fc.string(), (value) => {
        const quoted = value.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r");
        expect(readDotenv(`A="${quoted}"`).variables.get("A")).toBe(value);
      }),
    );
  });
});
