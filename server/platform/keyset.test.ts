import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Keyset, notBefore, type Order, past } from "./keyset";

type Row = { readonly at: number; readonly id: number };
type Bound = Partial<Record<"gt" | "lt" | "gte" | "lte" | "equals", number>>;
type Where = { at?: Bound; id?: Bound };
const column = (field: keyof Row) => ({
  orderBy: (order: Order) => ({ [field]: order }),
  of: (row: Row) => String(row[field]),
  is: (text: string): Where => ({ [field]: { equals: Number(text) } }),
  beyond: (text: string, order: Order): Where => ({ [field]: past(Number(text), order) }),
});
const list = new Keyset<Row, Where, Record<string, Order>>("rows", [
  { ...column("at"), from: (text, order) => ({ at: notBefore(Number(text), order) }) },
  column("id"),
]);

const fits = (value: number, { gt, lt, gte, lte, equals }: Bound): boolean =>
  (gt === undefined || value > gt) &&
  (lt === undefined || value < lt) &&
  (gte === undefined || value >= gte) &&
  (lte === undefined || value <= lte) &&
  (equals === undefined || value === equals);
const holds = (row: Row, where: Where): boolean => fits(row.at, where.at ?? {}) && fits(row.id, where.id ?? {});
const rows = fc.uniqueArray(fc.record({ at: fc.integer({ min: 0, max: 5 }), id: fc.nat(50) }), { selector: ({ id }) => id, maxLength: 30 });

describe("a list by cursors", () => {
  it("tells each row once, in order, whatever shares a value", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 7 }), fc.constantFrom<Order>("asc", "desc"), (all, limit, order) => {
        const sign = order === "asc" ? 1 : -1;
        const sorted = all.toSorted((a, b) => sign * (a.at - b.at || a.id - b.id));
        const told: Row[] = [];
        let cursor: string | undefined;
        do {
          const { AND = [], OR } = list.after(cursor, order);
          const left = sorted.filter(
            (row) => AND.every((one) => holds(row, one)) && (!OR || OR.some((either) => either.AND.every((one) => holds(row, one)))),
          );
          const page = list.cut(left.slice(0, limit + 1), limit, order);
          told.push(...page.rows);
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
        expect(told).toEqual(sorted);
      }),
    );
  });

  it("lets an index begin where the cursor is", () => {
    const { nextCursor } = list.cut(
      [
        { at: 7, id: 1 },
        { at: 6, id: 2 },
      ],
      1,
      "desc",
    );
    expect(list.after(nextCursor ?? "", "desc").AND).toEqual([{ at: { lte: 7 } }]);
  });
});
