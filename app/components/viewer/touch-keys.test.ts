import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterKey, heldKeys, noModifiers, pressModifier, type Sticky } from "./sticky-keys";
import { keyOfCharacter, keysOfEdit } from "./typed-text";

describe("what an on-screen keyboard writes", () => {
  const names = (before: string, after: string) =>
    keysOfEdit(before, after).map(({ keysym }) => (keysym === 0xff08 ? "<" : String.fromCodePoint(keysym & 0xff_ffff)));

  it("becomes keys: letters that were added, and a word that was corrected", () => {
    expect(names("", "ab")).toEqual(["a", "b"]);
    expect(names("teh", "the ")).toEqual(["<", "<", "h", "e", " "]);
    expect(names("abc", "a")).toEqual(["<", "<"]);
    expect(names("same", "same")).toEqual([]);
  });

  it("makes of any text the text that it has become, whatever its letters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (before, after) => {
        const written = [...before];
        for (const { keysym } of keysOfEdit(before, after)) {
          if (keysym === 0xff08) written.pop();
          else if (keysym === 0xff0d) written.push("\n");
          else if (keysym === 0xff09) written.push("\t");
          else written.push(String.fromCodePoint(keysym & 0xff_ffff));
        }
        expect(written.join("")).toBe(after.replaceAll("\r", "\n"));
      }),
    );
  });

  it("has X11's name for every letter", () => {
    expect(["a", "é", "€", "ж", "😀", "\n"].map((character) => keyOfCharacter(character).keysym)).toEqual([
      0x61, 0xe9, 0x0100_20ac, 0x0100_0436, 0x0101_f600, 0xff0d,
    ]);
  });
});

describe("modifiers on a screen", () => {
  const codes = (sticky: Sticky) => heldKeys(sticky).map(({ code }) => code);

  it("hold for one key, for all, or not at all", () => {
    const once = pressModifier(noModifiers, "ctrl");
    expect(codes(once)).toEqual(["ControlLeft"]);
    expect(codes(afterKey(once))).toEqual([]);
    const locked = pressModifier(pressModifier(once, "ctrl"), "shift");
    expect(codes(locked)).toEqual(["ControlLeft", "ShiftLeft"]);
    expect(codes(afterKey(locked))).toEqual(["ControlLeft"]);
    expect(codes(pressModifier(afterKey(locked), "ctrl"))).toEqual([]);
  });
});
