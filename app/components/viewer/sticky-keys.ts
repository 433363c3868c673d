import { type Key, modifierKeys } from "./key-combinations";

export type ModifierName = keyof typeof modifierKeys;
/** `once`: for the next key. `locked`: until it is pressed again. */
export type Stickiness = "off" | "once" | "locked";
export type Sticky = Readonly<Record<ModifierName, Stickiness>>;

export const noModifiers: Sticky = { ctrl: "off", alt: "off", shift: "off", super: "off" };
const next: Readonly<Record<Stickiness, Stickiness>> = { off: "once", once: "locked", locked: "off" };

/** One press holds it for a key, a second for all, a third lets go. */
export const pressModifier = (sticky: Sticky, name: ModifierName): Sticky => ({ ...sticky, [name]: next[sticky[name]] });

/** After a key: what was for one key is let go. */
export function afterKey(sticky: Sticky): Sticky {
  const kept = (state: Stickiness): Stickiness => (state === "once" ? "off" : state);
  return { ctrl: kept(sticky.ctrl), alt: kept(sticky.alt), shift: kept(sticky.shift), super: kept(sticky.super) };
}

/** The keys that are held down, in the order in which one presses them. */
export function heldKeys(sticky: Sticky): Key[] {
  return (["ctrl", "alt", "shift", "super"] as const).flatMap((name) => (sticky[name] === "off" ? [] : [modifierKeys[name]]));
}
