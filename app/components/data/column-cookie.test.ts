import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readColumns } from "./column-cookie";

const known = ["owner", "agent", "createdAt"] as const;

describe("the columns that a browser keeps", () => {
  it("are the known ones in their own order, whatever the cookie says", () => {
    expect(readColumns("createdAt.owner.shoes", known)).toEqual(["owner", "createdAt"]);
    fc.assert(
      fc.property(fc.string(), (cookie) => {
        const columns = readColumns(cookie, known) ?? [];
        expect(known.filter((column) => columns.includes(column))).toEqual(columns);
      }),
    );
  });

  it("are none where none are wanted, and nobody's choice where there is no cookie", () => {
    expect(readColumns("", known)).toEqual([]);
    expect(readColumns(undefined, known)).toBeNull();
  });
});
