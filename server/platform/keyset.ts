import { BerthError } from "@berth/protocol/errors";
import { z } from "zod";

export type Order = "asc" | "desc";

/** One column of a list's order, as Prisma takes it. Cursors hold texts. */
export interface KeysetColumn<Row, Where, OrderBy> {
  orderBy(order: Order): OrderBy;
  of(row: Row): string;
  /** Throws for a text that a cursor of this list can't hold. */
  is(text: string): Where;
  beyond(text: string, order: Order): Where;
  /** As `beyond`, the value itself included. A first column that has an index needs it: the alternatives of `after` alone let no index begin where the cursor is. */
  from?(text: string, order: Order): Where;
}

const sealed = z.tuple([z.string()], z.string());

/**
 * A list that goes on after the row that was last: nothing is told twice or left out because rows came or went meanwhile. The last column
 * must be unique. A cursor says where, in which list and order; who may see what is asked again with each page.
 */
export class Keyset<Row, Where, OrderBy> {
  constructor(
    /** `sessions by user`: cursors of another list are refused. */
    private readonly name: string,
    private readonly columns: readonly KeysetColumn<Row, Where, OrderBy>[],
  ) {}

  orderBy(order: Order): OrderBy[] {
    return this.columns.map((column) => column.orderBy(order));
  }

  /** What comes after the cursor; everything without one. Throws INVALID_PARAMETER. */
  after(cursor: string | undefined, order: Order): { AND?: Where[]; OR?: { AND: Where[] }[] } {
    if (cursor === undefined) return {};
    const texts = this.open(cursor, order);
    try {
      const from = this.columns[0]?.from?.(texts[0] ?? "", order);
      return {
        ...(from ? { AND: [from] } : {}),
        OR: this.columns.map((column, at) => ({
          AND: [...this.columns.slice(0, at).map((earlier, of) => earlier.is(texts[of] ?? "")), column.beyond(texts[at] ?? "", order)],
        })),
      };
    } catch {
      throw wrongCursor();
    }
  }

  /** Of one row more than a page has: the page, and where it goes on. */
  cut(rows: readonly Row[], limit: number, order: Order): { rows: Row[]; nextCursor: string | null } {
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return { rows: page, nextCursor: last && rows.length > limit ? this.seal(last, order) : null };
  }

  private seal(row: Row, order: Order): string {
    return Buffer.from(JSON.stringify([`${this.name} ${order}`, ...this.columns.map((column) => column.of(row))])).toString("base64url");
  }

  private open(cursor: string, order: Order): string[] {
    try {
      const [name, ...texts] = sealed.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
      if (name === `${this.name} ${order}` && texts.length === this.columns.length) return texts;
    } catch {
      // Refused below, as one of another list is.
    }
    throw wrongCursor();
  }
}

/** What lies beyond a value in a column that Prisma can compare. */
export const past = <Value>(value: Value, order: Order): { gt: Value } | { lt: Value } => (order === "asc" ? { gt: value } : { lt: value });

export const notBefore = <Value>(value: Value, order: Order): { gte: Value } | { lte: Value } =>
  order === "asc" ? { gte: value } : { lte: value };

/** Of an enum, which Prisma can't compare: the words beyond this one, in the order in which the database declares them. */
export function wordsPast<Word extends string>(words: readonly Word[], word: Word, order: Order): Word[] {
  const at = words.indexOf(word);
  return order === "asc" ? words.slice(at + 1) : words.slice(0, at);
}

export const dateText = z.iso.datetime().transform((text) => new Date(text));
export const uuidText = z.uuid();
export const intText = z
  .string()
  .regex(/^-?\d{1,9}$/)
  .transform(Number);
/** For a column that may be empty: null, or a text that may be empty too. */
export const nullableText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.string().nullable());
export const bigintText = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform(BigInt);

const problem = "is not a cursor of this list in this order; begin again without it";
const wrongCursor = () => new BerthError("INVALID_PARAMETER", `cursor: ${problem}`, { details: { fields: { cursor: problem } } });
