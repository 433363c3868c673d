/** A chart's plot, in pixels from the upper left corner. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Straight from `from`…`to` to `start`…`end`. */
export const scaled = (from: number, to: number, start: number, end: number) => (value: number) =>
  start + ((value - from) / (to - from || 1)) * (end - start);

interface Line {
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

/** The line and what is below it, as SVG paths; both are broken where a value is null, and a lone value is a dot. */
export function linePaths(
  { times, values }: Line,
  x: (time: number) => number,
  y: (value: number) => number,
): { line: string; area: string } {
  let line = "";
  let area = "";
  let part: string[] = [];
  let [first, last] = [0, 0];
  const floor = short(y(0));
  const end = () => {
    if (part.length > 0) {
      line += `M${part.join("L")}${part.length === 1 ? "h0" : ""}`;
      area += `M${short(first)} ${floor}L${part.join("L")}L${short(last)} ${floor}Z`;
    }
    part = [];
  };
  for (const [index, value] of values.entries()) {
    const time = times[index];
    if (value === null || time === undefined) {
      end();
      continue;
    }
    last = x(time);
    if (part.length === 0) first = last;
    part.push(`${short(last)} ${short(y(value))}`);
  }
  end();
  return { line, area };
}

const short = (pixels: number): number => Math.round(pixels * 10) / 10;

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** Where the scale from 0 to `top` has its lines, `space` pixels apart at least. */
export function valueTicks(top: number, pixels: number, space = 36): number[] {
  const step = STEPS.find((one) => (one / top) * pixels >= space) ?? top;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
}

const MINUTES = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720];

/** Round times between `from` and `to` (seconds since 1970), `space` pixels apart at least. `offset`: seconds by which the clock that is shown is ahead of UTC. */
export function timeTicks(from: number, to: number, pixels: number, offset: number, space = 70): number[] {
  const step = 60 * (MINUTES.find((minutes) => ((minutes * 60) / (to - from)) * pixels >= space) ?? 1440);
  const ticks: number[] = [];
  for (let at = Math.ceil((from + offset) / step) * step - offset; at <= to; at += step) ticks.push(at);
  return ticks;
}

/** By how many seconds a time zone's clock is ahead of UTC at that moment (seconds since 1970); without one, this browser's. */
export function zoneOffset(at: number, timeZone: string | null): number {
  const wall = new Date(at * 1000).toLocaleString("sv-SE", { timeZone: timeZone ?? undefined });
  return Math.round((Date.parse(`${wall.replace(" ", "T")}Z`) / 1000 - at) / 60) * 60;
}

/** Which of the rising times is nearest; null where there is none. */
export function nearestTime(times: readonly number[], at: number): number | null {
  let [low, high] = [0, times.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  if (times.length === 0) return null;
  return Math.abs((times[high] ?? 0) - at) < Math.abs((times[low] ?? 0) - at) ? high : low;
}
