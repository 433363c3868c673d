import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeNextPath } from "./next-path";

describe("the place to go after signing in", () => {
  it.each(["/sessions", "/sessions/1?tab=details#log", "/"])("keeps %s", (path) => {
    expect(safeNextPath(path)).toBe(path);
  });

  it.each([
    undefined,
    "",
    "sessions",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    "/.//evil.example",
    "/..//evil.example/%2f..",
    "/sign-in?next=/sign-in",
  ])("turns %j into the start page", (path) => {
    expect(safeNextPath(path)).toBe("/");
  });

  it("never leads to another origin", () => {
    const hostile = fc.string({
      unit: fc.constantFrom("/", "\\", ".", ":", "@", "%2f", "%5c", "\t", "\n", "a", "//", "evil.example", "?", "#"),
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          hostile,
          hostile.map((text) => `/${text}`),
        ),
        (text) => {
          expect(new URL(safeNextPath(text), "https://berth.example").origin).toBe("https://berth.example");
        },
      ),
    );
  });
});
