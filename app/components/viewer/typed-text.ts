import type { Key } from "./key-combinations";

const BACKSPACE: Key = { keysym: 0xff08, code: "Backspace" };
const ENTER: Key = { keysym: 0xff0d, code: "Enter" };
const TAB: Key = { keysym: 0xff09, code: "Tab" };

/** X11's name for the key that types this character. */
export function keyOfCharacter(character: string): Key {
  if (character === "\n" || character === "\r") return ENTER;
  if (character === "\t") return TAB;
  const point = character.codePointAt(0) ?? 0;
  const isLatin1 = (point >= 0x20 && point <= 0x7e) || (point >= 0xa0 && point <= 0xff);
  return { keysym: isLatin1 ? point : 0x0100_0000 + point, code: "Unidentified" };
}

/**
 * The keys that make `after` out of `before`: an on-screen keyboard tells what its text has become, not which keys were pressed, and
 * corrects words that it wrote before.
 */
export function keysOfEdit(before: string, after: string): Key[] {
  const [old, now] = [[...before], [...after]];
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) same += 1;
  return [...old.slice(same).map(() => BACKSPACE), ...now.slice(same).map(keyOfCharacter)];
}
