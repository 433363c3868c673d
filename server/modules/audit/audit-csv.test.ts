import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditCsvHead, auditCsvLine, csvCell } from "./audit-csv";

/** As a spreadsheet reads it: RFC 4180. */
function readCells(line: string): string[] {
  const cells = [...`${line.replace(/\r\n$/, "")},`.matchAll(/(?:"((?:[^"]|"")*)"|([^",]*)),/g)];
  return cells.map(([, quoted, plain]) => (quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"')));
}

describe("a cell of the export", () => {
  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u00a0=1", "＝1+1", '=HYPERLINK("http://x","y")'])(
    "is text where a spreadsheet would take %j for a formula",
    (text) => {
      expect(readCells(`${csvCell(text)}\r\n`)).toEqual([`'${text}`]);
    },
  );

  it("says what was written, and never begins a formula, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.constantFrom("", "=", "+", "-", "@", '"', ",", "\r\n", " "), (text, before) => {
        const [cell = "", more] = readCells(`${csvCell(before + text)},end\r\n`);
        expect(more).toBe("end");
        expect(cell === before + text || cell === `'${before}${text}`).toBe(true);
        expect(cell).not.toMatch(/^\s*[=+\-@]/);
      }),
    );
  });
});

it("a line has a cell for each name of the first", () => {
  const line = auditCsvLine({
    id: "7",
    at: new Date("2026-01-02T03:04:05.678Z"),
    actorKind: "user",
    actorName: "=cmd|' /C calc'!A0",
    actorToken: null,
    action: "users.create",
    targetKind: "user",
    targetId: null,
    details: { note: 'a "quote", and a comma' },
    address: "192.0.2.1",
    result: "refused",
  });
  expect(readCells(line)).toHaveLength(readCells(auditCsvHead).length);
  expect(readCells(line)).toEqual([
    "7",
    "2026-01-02T03:04:05.678Z",
    "user",
    "'=cmd|' /C calc'!A0",
    "",
    "users.create",
    "user",
    "",
    "192.0.2.1",
    "refused",
    '{"note":"a \\"quote\\", and a comma"}',
  ]);
});
