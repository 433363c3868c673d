"use client";
import { type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { linePaths, nearestTime, type Plot, scaled, timeTicks, valueTicks, zoneOffset } from "./chart-shape";

const HEIGHT = 132;

export interface LineChartProps {
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  /** Seconds since 1970: what all charts of a page share. */
  readonly from: number;
  readonly to: number;
  /** The top of the scale; null lets the values decide. */
  readonly top: number | null;
  /** Drawn across it: what can't be passed. */
  readonly limit?: number | null;
  readonly timeZone: string | null;
  /** Which sample the pointer is at, on any of the charts; null when it is on none. */
  readonly point: number | null;
  readonly onPoint: (index: number | null) => void;
}

/** One line over time, as wide as there is room. The pointer's place is shared by all charts of the page. Its words stand beside it. */
export function LineChart({ times, values, from, to, top, limit = null, timeZone, point, onPoint }: LineChartProps) {
  const [host, width] = useWidth();
  const plot: Plot = { left: 34, right: Math.max(35, width - 8), top: 8, bottom: HEIGHT - 24 };
  const drawn = useMemo(() => {
    const highest = top ?? Math.max(4, Math.ceil(1.15 * Math.max(0, ...values.map((value) => value ?? 0))));
    const x = scaled(from, to, plot.left, plot.right);
    const y = scaled(0, highest, plot.bottom, plot.top);
    const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: timeZone ?? undefined });
    return {
      x,
      y,
      ...linePaths({ times, values }, x, y),
      values: valueTicks(highest, plot.bottom - plot.top).map((value) => ({ value, at: y(value) })),
      times: timeTicks(from, to, plot.right - plot.left, zoneOffset(to, timeZone)).map((time) => ({
        words: clock.format(time * 1000),
        at: x(time),
      })),
    };
  }, [times, values, from, to, top, timeZone, plot.left, plot.right, plot.top, plot.bottom]);

  const pointed = (event: PointerEvent<SVGSVGElement>) => {
    const at = event.clientX - event.currentTarget.getBoundingClientRect().left;
    onPoint(nearestTime(times, scaled(plot.left, plot.right, from, to)(at)));
  };
  const time = point === null ? undefined : times[point];
  const value = point === null ? undefined : values[point];
  return (
    <div ref={host} className="min-w-0" style={{ height: HEIGHT }}>
      {width > 0 ? (
        <svg
          aria-hidden="true"
          width={width}
          height={HEIGHT}
          className="block touch-pan-y text-[11px] text-ink-faint"
          onPointerMove={pointed}
          onPointerLeave={() => onPoint(null)}
        >
          {drawn.values.map(({ value, at }) => (
            <g key={value}>
              <line x1={plot.left} x2={plot.right} y1={at} y2={at} className="stroke-line" shapeRendering="crispEdges" />
              <text x={plot.left - 8} y={at + 4} textAnchor="end" className="tabular fill-current">
                {value}
              </text>
            </g>
          ))}
          {drawn.times.map(({ words, at }) => (
            <text key={at} x={at} y={HEIGHT - 6} textAnchor={at > plot.right - 16 ? "end" : "middle"} className="tabular fill-current">
              {words}
            </text>
          ))}
          {limit === null ? null : (
            <line x1={plot.left} x2={plot.right} y1={drawn.y(limit)} y2={drawn.y(limit)} className="stroke-warning" strokeDasharray="4 4" />
          )}
          <path d={drawn.area} className="fill-accent/12" />
          <path d={drawn.line} className="fill-none stroke-accent" strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round" />
          {time === undefined ? null : (
            <>
              <line
                x1={drawn.x(time)}
                x2={drawn.x(time)}
                y1={plot.top}
                y2={plot.bottom}
                className="stroke-line-strong"
                strokeDasharray="3 3"
              />
              {value === null || value === undefined ? null : (
                <circle cx={drawn.x(time)} cy={drawn.y(value)} r="3" className="fill-accent" />
              )}
            </>
          )}
        </svg>
      ) : null}
    </div>
  );
}

/** An element, and how wide it is; 0 until that is known. */
function useWidth() {
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [host, width] as const;
}
