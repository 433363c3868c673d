import { describe, expect, it } from "vitest";
import { ago, table } from "./table";

const columns = [
  { head: "NAME", text: (row: { name: string; id: string }) => row.name },
  { head: "ID", text: (row: { name: string; id: string }) => row.id },
];

describe("a table", () => {
  it("lines its columns up under their heads", () => {
    expect(
      table(
        columns,
        [
          { name: "a", id: "1" },
          { name: "longer", id: "2" },
        ],
        null,
      ),
    ).toBe("NAME    ID\na       1\nlonger  2");
  });

  it("is cut to fit a terminal, the widest column first", () => {
    const lines = table(columns, [{ name: "x".repeat(100), id: "12345678" }], 40).split("\n");
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
    expect(lines[1]).toMatch(/^x+… {2}12345678$/);
  });

  it("shows control characters and carries none out", () => {
    expect(table(columns, [{ name: "\u001b[2J", id: "1" }], null)).toContain("^[[2J");
  });
});

it("says how long ago in words", () => {
  const now = Date.parse("2026-11-22T10:00:00Z");
  expect(
    [null, "2026-11-22T09:59:30Z", "2026-11-22T09:00:00Z", "2026-11-20T09:00:00Z", "2026-11-22T10:01:00Z"].map((at) => ago(at, now)),
  ).toEqual(["-", "30 s ago", "1 h ago", "2 d ago", "0 s ago"]);
});
