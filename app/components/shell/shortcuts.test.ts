import { describe, expect, it } from "vitest";
import { ShortcutReader, shortcutsFor } from "./shortcuts";

/** What the keys lead to, each pressed `apart` milliseconds after the one before. */
function press(keys: string, apart = 100, role: "user" | "admin" = "admin") {
  const reader = new ShortcutReader(shortcutsFor(role));
  let at = 0;
  return keys.split(" ").map((key) => {
    at += apart;
    const mod = key.startsWith("mod+");
    const found = reader.hear({ key: mod ? key.slice(4) : key, mod, at });
    return found?.action.kind === "go" ? found.action.href : (found?.action.kind ?? null);
  });
}

describe("keyboard shortcuts", () => {
  it("open the palette, the page of shortcuts and pages by two keys", () => {
    expect(press("mod+k")).toEqual(["palette"]);
    expect(press("?")).toEqual(["shortcuts"]);
    expect(press("g s")).toEqual([null, "/sessions"]);
    expect(press("g a g t")).toEqual([null, "/agents", null, "/templates"]);
  });

  it("forget the first key of two after a moment, and when another one than the second comes", () => {
    expect(press("g s", 2_000)).toEqual([null, null]);
    expect(press("g z s")).toEqual([null, null, null]);
    expect(press("g n")).toEqual([null, null]);
  });

  it("lead nowhere that a role has no place", () => {
    expect(press("g u", 100, "user")).toEqual([null, null]);
    expect(press("g u", 100, "admin")).toEqual([null, "/users"]);
  });

  it("are each their own: no two of a role have the same keys", () => {
    const all = shortcutsFor("admin").map(({ keys }) => keys.join(" "));
    expect(new Set(all).size).toBe(all.length);
  });

  it("leave alone what a list does with keys by itself", () => {
    expect(press("j x Enter")).toEqual([null, null, null]);
  });
});
