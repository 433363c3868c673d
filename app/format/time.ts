const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const dateParts = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** `just now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`, then the day. A moment in the future is `in …`. */
export function relativeTime(at: number, now: number): string {
  const distance = Math.abs(now - at);
  const words = (amount: number, unit: string) => (at > now ? `in ${amount} ${unit}` : `${amount} ${unit} ago`);
  if (distance < 5 * SECOND) return "just now";
  if (distance < MINUTE) return words(Math.floor(distance / SECOND), "s");
  if (distance < HOUR) return words(Math.floor(distance / MINUTE), "min");
  if (distance < DAY) return words(Math.floor(distance / HOUR), "h");
  if (distance < 30 * DAY) return words(Math.floor(distance / DAY), "d");
  return dateParts.format(at);
}

/** The moment as a person writes it in this time zone, or in the browser's own; for titles. */
export function exactTime(at: number, timeZone?: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long", timeZone });
}

/** A measured span: `340 ms`, `1.24 s`, `12.4 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function formatSpan(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  if (span < SECOND) return `${Math.round(span)} ms`;
  if (span < 10 * SECOND) return `${(span / SECOND).toFixed(2)} s`;
  if (span < MINUTE) return `${(span / SECOND).toFixed(1)} s`;
  if (span < HOUR) return pair(span, MINUTE, "min", SECOND, "s");
  if (span < DAY) return pair(span, HOUR, "h", MINUTE, "min");
  return pair(span, DAY, "d", HOUR, "h");
}

function pair(span: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((span % large) / small);
  return `${Math.floor(span / large)} ${largeUnit}${rest > 0 ? ` ${rest} ${smallUnit}` : ""}`;
}

/** Time of day with seconds, for timelines. */
export function clockTime(at: number, timeZone?: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone });
}
