/** Whether live updates arrive, and since when they don't. Module state: there is one connection in a page. */
export interface LiveConnection {
  readonly up: boolean;
  /** When it went down (this browser's clock); null while it is up or was never up. */
  readonly downSince: number | null;
}

const initial: LiveConnection = { up: true, downSince: null };
let current = initial;
const listeners = new Set<() => void>();

function set(next: LiveConnection): void {
  current = next;
  for (const listener of listeners) listener();
}

export const liveConnection = {
  get: (): LiveConnection => current,
  /** What a page shows before it runs: nothing is known to be wrong. */
  getInitial: (): LiveConnection => initial,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  opened(): void {
    if (!current.up) set(initial);
  },
  /** Repeated failures to come back leave the first moment as it is. */
  closed(now: number): void {
    if (current.up) set({ up: false, downSince: now });
  },
};
