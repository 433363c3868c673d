interface TaskProgressProps {
  readonly progress: { readonly percent: number | null; readonly message: string };
  /** Of a row in a list: the bar alone. */
  readonly small?: boolean;
}

/** How far an agent is, by its own word; a bar that only breathes where it can't tell. */
export function TaskProgress({ progress: { percent, message }, small = false }: TaskProgressProps) {
  const whole = percent === null ? null : Math.round(percent);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {small ? null : (
        <p className="flex items-baseline justify-between gap-3">
          <span className="min-w-0 wrap-anywhere">{message}</span>
          {whole === null ? null : <span className="tabular shrink-0 text-sm text-ink-soft">{whole} %</span>}
        </p>
      )}
      <div
        role="progressbar"
        aria-label="Progress"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={whole ?? undefined}
        aria-valuetext={whole === null ? message : `${whole} %: ${message}`}
        className={`overflow-hidden rounded-full bg-sunken ${small ? "h-1 max-w-40" : "h-1.5"}`}
      >
        <div
          className={`h-full rounded-full bg-moving transition-[width] duration-150 ${whole === null ? "animate-breathe" : ""}`}
          style={{ width: `${whole ?? 100}%` }}
        />
      </div>
    </div>
  );
}
