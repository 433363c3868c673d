/** Whether one thing over the page is open. Module state, so that a shortcut, a bar and a sheet can open it without knowing it. */
export interface OpenStore {
  readonly isOpen: () => boolean;
  readonly open: () => void;
  readonly close: () => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createOpenStore(): OpenStore {
  let opened = false;
  const listeners = new Set<() => void>();
  const set = (next: boolean) => {
    opened = next;
    for (const listener of listeners) listener();
  };
  return {
    isOpen: () => opened,
    open: () => set(true),
    close: () => set(false),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
