import { formatPercent } from "../../format/quantity";

interface CapacityBarProps {
  label: string;
  /** In the words of its unit: `12 of 16 reserved`. */
  words: string;
  reserved: number;
  /** Null where the agent has no limit: nothing is a part of it then. */
  limit: number | null;
  /** What the host says is used now, 0 to 1; null where it doesn't say. */
  used?: number | null;
}

/** One capacity: what is promised to sessions, what the host uses now, and what is free. Amber from 85 % promised, red at the limit. */
export function CapacityBar({ label, words, reserved, limit, used = null }: CapacityBarProps) {
  const promised = limit && limit > 0 ? Math.min(1, reserved / limit) : 0;
  const tone = promised >= 1 ? "bg-failed" : promised >= 0.85 ? "bg-warning" : "bg-accent";
  const said = used === null ? words : `${words}, ${formatPercent(used)} used`;
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <div className="flex items-baseline justify-between gap-2 text-sm">
        <span className="text-ink-soft">{label}</span>
        <span className="tabular truncate">
          {words}
          {used === null ? null : <span className="text-ink-faint"> · {formatPercent(used)} used</span>}
        </span>
      </div>
      {limit === null && used === null ? null : (
        <>
          {/* Browsers draw a meter each in their own way: it speaks, and the bar is for the eye. */}
          <meter className="sr-only" aria-label={label} aria-valuetext={said} value={limit === null ? (used ?? 0) : promised} max={1} />
          <div aria-hidden className="relative h-2 overflow-hidden rounded-full bg-sunken">
            <Part fraction={promised} className={`h-full ${used === null ? "" : "opacity-45"} ${tone}`} />
            {used === null ? null : <Part fraction={used} className="absolute inset-y-0.5 left-0 rounded-full bg-ink" />}
          </div>
        </>
      )}
    </div>
  );
}

function Part({ fraction, className }: { fraction: number; className: string }) {
  return <div className={`transition-[width] duration-150 ${className}`} style={{ width: `${Math.min(1, fraction) * 100}%` }} />;
}

/** What the bars' parts mean; once for all bars of a panel. */
export function CapacityLegend({ used }: { used: boolean }) {
  return (
    <ul aria-label="Legend" className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-faint">
      <Sign className={`bg-accent ${used ? "opacity-45" : ""}`}>reserved by sessions</Sign>
      {used ? <Sign className="bg-ink">used on the host now</Sign> : null}
      <Sign className="border border-line bg-sunken">free</Sign>
    </ul>
  );
}

function Sign({ className, children }: { className: string; children: string }) {
  return (
    <li className="flex items-center gap-1.5">
      <span aria-hidden className={`h-2 w-4 rounded-full ${className}`} />
      {children}
    </li>
  );
}
