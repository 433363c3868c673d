"use client";
import { useEffect, useRef, useState } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useTheme } from "../../theme/use-theme";

const HEIGHT = 132;
const FONT = "11px var(--font-geist-sans, sans-serif)";

export interface UsageChartProps {
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  /** Seconds since 1970: what all charts of a page share. */
  readonly from: number;
  readonly to: number;
  /** The top of the scale; null lets the values decide. */
  readonly top: number | null;
  readonly timeZone: string | null;
  /** Which sample the pointer is at, on any of the charts; null when it is on none. */
  readonly onPoint: (index: number | null) => void;
}

/** One line over time. The pointer's place is shared by all charts of the page. Its words stand beside it: a canvas says nothing. */
export default function UsageChart({ times, values, from, to, top, timeZone, onPoint }: UsageChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot>(null);
  const [theme] = useTheme();
  const dark = useSystemDark();
  const data = useRef<UPlot.AlignedData>([[], []]);
  data.current = [[...times], [...values]];
  const range = useRef({ from, to });
  range.current = { from, to };

  // biome-ignore lint/correctness/useExhaustiveDependencies: a canvas has the colours of the moment when it was drawn
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const { color: ink, borderTopColor: line } = getComputedStyle(element);
    const accent = getComputedStyle(element.parentElement ?? element).color;
    const axis = { stroke: ink, font: fontOf(element), grid: { stroke: line, width: 1 }, ticks: { show: false } };
    const made = new UPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        padding: [8, 8, 0, 0],
        cursor: { sync: { key: "agent-usage" }, drag: { x: false, y: false }, y: false, points: { size: 6 } },
        ...(timeZone ? { tzDate: (seconds: number) => UPlot.tzDate(new Date(seconds * 1000), timeZone) } : {}),
        scales: {
          x: { time: true, range: () => [range.current.from, range.current.to] },
          y: { range: (_, __, highest) => [0, top ?? Math.max(4, Math.ceil((highest ?? 0) * 1.15))] },
        },
        axes: [
          { ...axis, size: 26, space: 70, grid: { show: false }, values: clockOf(timeZone) },
          { ...axis, size: 34, space: 36, ...(top === null ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] } : {}) },
        ],
        series: [{}, { stroke: accent, width: 1.5, fill: `color-mix(in srgb, ${accent} 12%, transparent)`, points: { show: false } }],
        hooks: { setCursor: [(self) => onPoint(self.cursor.idx ?? null)] },
      },
      data.current,
      element,
    );
    chart.current = made;
    const resize = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [theme, dark, timeZone, top, onPoint]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the data is read when it has changed
  useEffect(() => {
    chart.current?.setData(data.current);
  }, [times, values, from, to]);

  return (
    <div className="text-accent">
      <div ref={host} aria-hidden className="border-line text-ink-faint" style={{ height: HEIGHT }} />
    </div>
  );
}

/** A canvas knows no variables of the style sheet. */
const fontOf = (element: HTMLElement): string => FONT.replace(/var\(.*\)/, getComputedStyle(element).fontFamily);

function clockOf(timeZone: string | null) {
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: timeZone ?? undefined });
  return (_: UPlot, seconds: number[]) => seconds.map((at) => clock.format(at * 1000));
}

function useSystemDark(): boolean {
  const [dark, setDark] = useState(false);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const changed = () => setDark(query.matches);
    changed();
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  return dark;
}
