import type { Reading } from "./connection-meter";

/** What a person chooses; remembered in the browser. */
export const qualities = ["automatic", "sharp", "balanced", "low"] as const;
export type Quality = (typeof qualities)[number];
export const qualityWords: Readonly<Record<Quality, string>> = {
  automatic: "Automatic",
  sharp: "Sharp",
  balanced: "Balanced",
  low: "Low data",
};

/** Of JPEG pictures, 0 to 9, and how hard the display works to make the rest small, 0 to 9. */
export interface Level {
  readonly quality: number;
  readonly compression: number;
  readonly words: string;
}
export const levels = [
  { quality: 9, compression: 1, words: "sharp" },
  { quality: 6, compression: 2, words: "balanced" },
  { quality: 4, compression: 3, words: "reduced" },
  { quality: 1, compression: 5, words: "low" },
] as const satisfies readonly Level[];
const fixed = { sharp: levels[0], balanced: levels[1], low: levels[3] } as const;

export interface Automatic {
  /** Of `levels`. */
  readonly at: number;
  /** Seconds in a row that were crowded, and that were clear. */
  readonly crowded: number;
  readonly clear: number;
  /** Clear seconds before the next try of a better level: doubles each time that one did not hold. */
  readonly patience: number;
  /** Seconds since the last step up; null: none yet, or it held. */
  readonly tried: number | null;
  /** The shortest way seen so far: distance, which quality does nothing about. */
  readonly shortest: number;
}

const PATIENCE_S = 8;
const MAX_PATIENCE_S = 120;
const CROWDED_S = 2;
const HOLDS_S = 20;
/** Above the shortest way: pictures wait in line. */
const CROWDED_MS = 150;
const CLEAR_MS = 50;
/** With less than this on its way, pictures aren't what the line waits for. */
const SMALL_BYTES = 30_000;

export const firstAutomatic: Automatic = {
  at: 1,
  crowded: 0,
  clear: 0,
  patience: PATIENCE_S,
  tried: null,
  shortest: Number.POSITIVE_INFINITY,
};

/** One reading a second. Without answers to pings nothing is known, and it stays. */
export function stepAutomatic(state: Automatic, { latency, bytesPerSecond }: Reading): Automatic {
  if (latency === null) return state;
  const shortest = Math.min(state.shortest, latency);
  const waiting = latency - shortest;
  const isCrowded = waiting > CROWDED_MS && bytesPerSecond > SMALL_BYTES;
  const crowded = isCrowded ? state.crowded + 1 : 0;
  const clear = waiting < CLEAR_MS ? state.clear + 1 : 0;
  const tried = state.tried === null || state.tried >= HOLDS_S ? null : state.tried + 1;
  const patience = tried === null && state.tried !== null ? PATIENCE_S : state.patience;
  if (crowded >= CROWDED_S && state.at < levels.length - 1) {
    const next = state.tried !== null ? Math.min(MAX_PATIENCE_S, 2 * state.patience) : patience;
    return { at: state.at + 1, crowded: 0, clear: 0, patience: next, tried: null, shortest };
  }
  if (clear >= patience && state.at > 0) return { at: state.at - 1, crowded: 0, clear: 0, patience, tried: 0, shortest };
  return { at: state.at, crowded, clear, patience, tried, shortest };
}

/** What to ask the display for. */
export function levelOf(quality: Quality, automatic: Automatic): Level {
  return quality === "automatic" ? (levels[automatic.at] ?? levels[1]) : fixed[quality];
}
