import { z } from "zod";

/** Totals are counted up to this; beyond it `totalCapped` says so. */
export const TOTAL_CAP = 10_000;

export const pageInput = (defaultLimit = 20) =>
  z.object({
    page: z.coerce.number().int().min(1).max(100_000).default(1),
    limit: z.coerce.number().int().min(1).max(100).default(defaultLimit),
  });

export const paginationSchema = z.object({
  page: z.number().int(),
  limit: z.number().int(),
  total: z.number().int(),
  totalPages: z.number().int(),
  /** There are more than `total` says. */
  totalCapped: z.boolean(),
});
export type Pagination = z.infer<typeof paginationSchema>;

export function pagination(page: number, limit: number, counted: number): Pagination {
  const total = Math.min(counted, TOTAL_CAP);
  return { page, limit, total, totalPages: Math.max(1, Math.ceil(total / limit)), totalCapped: counted > TOTAL_CAP };
}
