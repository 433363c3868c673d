import type { UserRole } from "../../../server/modules/users/users-schema";
import { destinationsFor } from "./navigation";

export type ShortcutAction =
  | { readonly kind: "palette" | "shortcuts" | "search" }
  | { readonly kind: "go"; readonly href: string }
  /** The list or the screen that has the focus handles it itself; it stands here to be found. */
  | { readonly kind: "local" };

export interface Shortcut {
  /** One after the other; `mod` is Command on a Mac and Control elsewhere. */
  readonly keys: readonly string[];
  readonly words: string;
  readonly group: "Everywhere" | "Go to" | "In a list";
  readonly action: ShortcutAction;
}

const everywhere: readonly Shortcut[] = [
  { keys: ["mod+k"], words: "Search and commands", group: "Everywhere", action: { kind: "palette" } },
  { keys: ["?"], words: "Keyboard shortcuts", group: "Everywhere", action: { kind: "shortcuts" } },
  { keys: ["/"], words: "Search in this page’s list", group: "Everywhere", action: { kind: "search" } },
  { keys: ["n"], words: "New session", group: "Everywhere", action: { kind: "go", href: "/sessions/new" } },
];

const inLists: readonly Shortcut[] = [
  { keys: ["j"], words: "Next row", group: "In a list", action: { kind: "local" } },
  { keys: ["k"], words: "Row before", group: "In a list", action: { kind: "local" } },
  { keys: ["Enter"], words: "Open", group: "In a list", action: { kind: "local" } },
  { keys: ["x"], words: "Select, or no longer", group: "In a list", action: { kind: "local" } },
  { keys: ["Esc"], words: "Select none", group: "In a list", action: { kind: "local" } },
];

/** Every shortcut that a person of this role has: what is listened for, and what the page of shortcuts says. */
export const shortcutsFor = (role: UserRole): readonly Shortcut[] => [
  ...everywhere,
  ...destinationsFor(role).map(
    ({ href, label, letter }): Shortcut => ({ keys: ["g", letter], words: label, group: "Go to", action: { kind: "go", href } }),
  ),
  ...inLists,
];

/** After this the first key of two is forgotten. */
const SEQUENCE_MS = 1_200;

interface Press {
  readonly key: string;
  readonly mod: boolean;
  /** Milliseconds; only rises. */
  readonly at: number;
}

/** Hears keys one by one and says which shortcut they complete. */
export class ShortcutReader {
  private before: Press | null = null;

  constructor(private readonly shortcuts: readonly Shortcut[]) {}

  hear(press: Press): Shortcut | null {
    const first = this.before && press.at - this.before.at <= SEQUENCE_MS ? named(this.before) : null;
    const key = named(press);
    const listened = this.shortcuts.filter(({ action }) => action.kind !== "local");
    const pair = first === null ? undefined : listened.find(({ keys }) => keys.length === 2 && keys[0] === first && keys[1] === key);
    const found =
      pair ?? (first !== null && begins(listened, first) ? undefined : listened.find(({ keys }) => keys.length === 1 && keys[0] === key));
    this.before = found || !begins(listened, key) ? null : press;
    return found ?? null;
  }
}

const named = ({ key, mod }: Pick<Press, "key" | "mod">): string =>
  mod ? `mod+${key.toLowerCase()}` : key.length === 1 ? key.toLowerCase() : key;
const begins = (shortcuts: readonly Shortcut[], key: string): boolean => shortcuts.some(({ keys }) => keys.length === 2 && keys[0] === key);
