/** The middle of the sorted values; for an even count, the mean of the middle two. Throws on none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Linear interpolation between the closest ranks; `fraction` from 0 to 1. Throws on no values. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new Error("no values to take a percentile of");
  return below + (above - below) * (position - Math.floor(position));
}

/** Keeps a number readable in JSON and tables: three significant digits. */
export const rounded = (value: number): number => Number(value.toPrecision(3));
