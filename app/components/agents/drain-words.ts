interface Draining {
  readonly drain: { readonly sessions: number } | null;
  readonly capacity: { readonly currentSessions: number };
}

export interface DrainProgress {
  readonly left: number;
  readonly of: number;
  /** `3 of 12 left`. */
  readonly words: string;
}

/** How far a drain is; null where none goes on. Sessions that were woken meanwhile count as if they had been there at first. */
export function drainProgress({ drain, capacity }: Draining): DrainProgress | null {
  if (!drain) return null;
  const left = capacity.currentSessions;
  const of = Math.max(drain.sessions, left);
  return { left, of, words: left > 0 ? `${left} of ${of} left` : of > 0 ? `all ${of} are gone` : "nothing ran here" };
}
