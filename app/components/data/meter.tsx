import { formatPercent } from "../../format/quantity";

interface MeterProps {
  label: string;
  /** In the words of its unit: "3.5 of 8 CPU". */
  words: string;
  used: number;
  /** Null where it isn't known; the bar is then left out. */
  limit: number | null;
}

/** How much of a capacity is taken. Amber from 85 %, red at the limit. */
export function Meter({ label, words, used, limit }: MeterProps) {
  const fraction = limit && limit > 0 ? Math.min(1, used / limit) : 0;
  const tone = fraction >= 1 ? "bg-failed" : fraction >= 0.85 ? "bg-warning" : "bg-accent";
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <div className="flex items-baseline justify-between gap-2 text-sm">
        <span className="text-ink-soft">{label}</span>
        <span className="tabular truncate">{words}</span>
      </div>
      {limit === null ? null : (
        <>
          {/* Browsers draw a meter each in their own way: it speaks, and the bar is for the eye. */}
          <meter className="sr-only" aria-label={label} aria-valuetext={`${words}, ${formatPercent(fraction)}`} value={fraction} max={1} />
          <div aria-hidden className="h-1.5 overflow-hidden rounded-full bg-sunken">
            <div className={`h-full rounded-full transition-[width] duration-150 ${tone}`} style={{ width: `${fraction * 100}%` }} />
          </div>
        </>
      )}
    </div>
  );
}
