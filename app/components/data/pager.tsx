"use client";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { IconButton } from "../controls/button";

interface PagerProps {
  page: number;
  totalPages: number;
  total: number;
  totalCapped: boolean;
  limit: number;
  onPage: (page: number) => void;
}

/** Nothing where everything fits on one page. */
export function Pager({ page, totalPages, total, totalCapped, limit, onPage }: PagerProps) {
  if (totalPages <= 1) return null;
  const first = (page - 1) * limit + 1;
  return (
    <nav aria-label="Pages" className="flex items-center justify-end gap-2 text-sm text-ink-soft">
      <span className="tabular">
        {first}–{Math.min(total, page * limit)} of {total.toLocaleString("en-GB")}
        {totalCapped ? "+" : ""}
      </span>
      <IconButton label="Previous page" disabled={page <= 1} onClick={() => onPage(page - 1)}>
        <ChevronLeft aria-hidden className="size-4" />
      </IconButton>
      <IconButton label="Next page" disabled={page >= totalPages} onClick={() => onPage(page + 1)}>
        <ChevronRight aria-hidden className="size-4" />
      </IconButton>
    </nav>
  );
}
