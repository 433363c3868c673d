import { z } from "zod";

/** Totals are counted up to this; beyond it `totalCapped` says so. */
export const TOTAL_CAP = 10_000;

export const pageInput = (defaultLimit = 20) =>
  z.object({
    page: z.coerce.number().int().min(1).max(100_000).default(1),
    limit: z.coerce.number().int().min(1).max(100).default(defaultLimit),
    /** `nextCursor` of the page before, in the same order. With it the list goes on there, and `page` is not looked at. */
    cursor: z.string().max(1000).optional(),
  });

export const paginationSchema = z.object({
  page: z.number().int(),
  limit: z.number().int(),
  total: z.number().int(),
  totalPages: z.number().int(),
  /** There are more than `total` says. */
  totalCapped: z.boolean(),
  /** Null: this is the end. */
  nextCursor: z.string().nullable(),
});
export type Pagination = z.infer<typeof paginationSchema>;

export interface Page {
  readonly page: number;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Rows to pass over, and to read: one more than the page has tells whether it is the last. */
export const window = ({ page, limit, cursor }: Page) => ({ skip: cursor === undefined ? (page - 1) * limit : 0, take: limit + 1 });

export function pagination({ page, limit }: Page, counted: number, nextCursor: string | null): Pagination {
  const total = Math.min(counted, TOTAL_CAP);
  return { page, limit, total, totalPages: Math.max(1, Math.ceil(total / limit)), totalCapped: counted > TOTAL_CAP, nextCursor };
}
