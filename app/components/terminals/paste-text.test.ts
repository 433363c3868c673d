import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanPaste, MAX_PASTE_CHARACTERS, pasteConcern } from "./paste-text";

describe("text that is pasted into a terminal", () => {
  it("is pasted at once where it is one plain line", () => {
    for (const text of ["ls -la", "grüße 😀", "a\tb", ""]) expect(pasteConcern(text)).toBeNull();
  });

  it("asks first where it has several lines: each would run by itself", () => {
    expect(pasteConcern("one\ntwo")).toEqual({ lines: 2, hasControls: false, tooLong: false });
    expect(pasteConcern("one\r\n")).toMatchObject({ lines: 2, hasControls: false });
  });

  it("asks first where something in it can't be seen", () => {
    for (const text of ["a\u001b[201~b", "a\u0003", "a\u202eb", "a\u009bb", "a\u0000"])
      expect(pasteConcern(text)).toMatchObject({ hasControls: true });
  });

  it("asks first where it is enormous", () => {
    expect(pasteConcern("x".repeat(MAX_PASTE_CHARACTERS + 1))).toMatchObject({ tooLong: true });
  });

  it("brings no character that a terminal acts upon, whatever was copied", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through.
        expect(cleanPaste(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
      }),
    );
  });
});
