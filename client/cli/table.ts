import { visibleText } from "@berth/protocol/log-text";

export interface Column<Row> {
  readonly head: string;
  readonly text: (row: Row) => string;
}

const GAP = "  ";
/** No column is cut below this. */
const NARROWEST = 8;

/**
 * Rows below a line of heads. Where `width` columns don't hold them, the widest columns are cut, with an ellipsis; null is as wide as
 * it comes (a pipe).
 */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number | null): string {
  const cells = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ text }) => visibleText(text(row))))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  if (width !== null) shrink(widths, width - GAP.length * (columns.length - 1));
  return cells
    .map((line) =>
      line
        .map((cell, at) => fit(cell, widths[at] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join("\n");
}

function shrink(widths: number[], room: number): void {
  for (let over = widths.reduce((sum, each) => sum + each, 0) - room; over > 0; over--) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) return;
    widths[widths.indexOf(widest)] = widest - 1;
  }
}

const fit = (cell: string, width: number): string => (cell.length > width ? `${cell.slice(0, width - 1)}…` : cell.padEnd(width));

/** `3 min ago`, `2 d ago`; a dash for never. */
export function ago(moment: string | null, now: number): string {
  if (moment === null) return "-";
  const seconds = Math.max(0, Math.round((now - Date.parse(moment)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
