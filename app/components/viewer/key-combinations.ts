import type RFB from "@novnc/novnc";

export interface Key {
  readonly keysym: number;
  readonly code: string;
}

const control: Key = { keysym: 0xffe3, code: "ControlLeft" };
const alt: Key = { keysym: 0xffe9, code: "AltLeft" };
const shift: Key = { keysym: 0xffe1, code: "ShiftLeft" };
const superKey: Key = { keysym: 0xffeb, code: "MetaLeft" };
const tab: Key = { keysym: 0xff09, code: "Tab" };
const escapeKey: Key = { keysym: 0xff1b, code: "Escape" };
const del: Key = { keysym: 0xffff, code: "Delete" };
/** Those that are held while another is pressed. */
export const modifierKeys = { ctrl: control, alt, shift, super: superKey } as const;
const arrow = (keysym: number, name: string): Key => ({ keysym, code: `Arrow${name}` });
/** Those that a phone's keyboard has not. */
export const plainKeys = {
  escape: escapeKey,
  tab,
  left: arrow(0xff51, "Left"),
  up: arrow(0xff52, "Up"),
  right: arrow(0xff53, "Right"),
  down: arrow(0xff54, "Down"),
} as const;
const letter = (name: string): Key => ({ keysym: name.charCodeAt(0), code: `Key${name.toUpperCase()}` });
const functionKey = (number: number): Key => ({ keysym: 0xffbd + number, code: `F${number}` });

/** Keys that the browser or the person's own system would take for itself. */
export const keyCombinations: readonly { readonly label: string; readonly keys: readonly Key[] }[] = [
  { label: "Ctrl + Alt + Del", keys: [control, alt, del] },
  { label: "Alt + Tab", keys: [alt, tab] },
  { label: "Alt + F4", keys: [alt, functionKey(4)] },
  { label: "Ctrl + W", keys: [control, letter("w")] },
  { label: "Ctrl + T", keys: [control, letter("t")] },
  // A small letter would have the X server let go of Shift for it.
  { label: "Ctrl + Shift + V", keys: [control, shift, letter("V")] },
  { label: "Super", keys: [superKey] },
  { label: "Escape", keys: [escapeKey] },
];

/** Presses the keys in order and lets them go in the opposite one. */
export function pressKeys(rfb: RFB, keys: readonly Key[]): void {
  for (const key of keys) rfb.sendKey(key.keysym, key.code, true);
  for (const key of keys.toReversed()) rfb.sendKey(key.keysym, key.code, false);
}
