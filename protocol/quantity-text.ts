/**
 * Quantities as the contracts write them: memory `2Gi`, CPU `1000m` or `1.5`, durations `30m`. Stored as bytes, millicores and seconds.
 * Without zod, so that a page that only shows quantities does not carry it; what they may be is in `quantity-rules.ts`, the schemas in `quantities.ts`.
 */

const MEMORY_UNITS: Record<string, number> = {
  "": 1,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
};
const DURATION_UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Bytes of a Kubernetes memory quantity, or null where it is none. */
export function parseMemory(text: string): number | null {
  const match = /^(\d{1,15}(?:\.\d{1,3})?)(Ki|Mi|Gi|Ti|k|M|G|T)?$/.exec(text);
  const unit = MEMORY_UNITS[match?.[2] ?? ""];
  return match?.[1] && unit ? Math.round(Number(match[1]) * unit) : null;
}

/** Millicores of a Kubernetes CPU quantity (`500m`, `2`, `0.5`), or null where it is none. */
export function parseCpu(text: string): number | null {
  const match = /^(?:(\d{1,9})m|(\d{1,6}(?:\.\d{1,3})?))$/.exec(text);
  if (!match) return null;
  return match[1] ? Number(match[1]) : Math.round(Number(match[2]) * 1000);
}

/** Seconds of a duration such as `90s`, `30m`, `1h30m`; `0` means never. Null where it is none. */
export function parseDuration(text: string): number | null {
  if (text === "0") return 0;
  if (!/^(?:\d{1,7}[smhd])+$/.test(text)) return null;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([smhd])/g)) seconds += Number(amount) * (DURATION_UNITS[unit ?? "s"] ?? 0);
  return seconds;
}

export function formatMemory(bytes: number): string {
  for (const [unit, size] of [
    ["Ti", 2 ** 40],
    ["Gi", 2 ** 30],
    ["Mi", 2 ** 20],
    ["Ki", 2 ** 10],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

export const formatCpu = (millicores: number): string => `${millicores}m`;

export function formatDuration(seconds: number): string {
  if (seconds === 0) return "0";
  for (const [unit, size] of [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
  ] as const) {
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}
