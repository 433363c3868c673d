/** Whether the command palette is open. Module state, so that a shortcut, the bar and a sheet can open it without knowing it. */
let open = false;
const listeners = new Set<() => void>();

function set(next: boolean): void {
  open = next;
  for (const listener of listeners) listener();
}

export const isPaletteOpen = (): boolean => open;
export const openPalette = (): void => set(true);
export const closePalette = (): void => set(false);

export function subscribeToPalette(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
