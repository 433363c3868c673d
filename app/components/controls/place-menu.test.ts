import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { menuPosition } from "./place-menu";

const screen = { width: 1000, height: 800 };
const menu = { width: 200, height: 150 };
const box = (left: number, top: number) => ({ left, top, right: left + 40, bottom: top + 30 });

describe("the place of a menu", () => {
  it("is below its button with their ends in line", () => {
    expect(menuPosition(box(500, 100), menu, screen, "bottom", "end")).toEqual({ left: 340, top: 136 });
  });

  it("is above where there is no room below", () => {
    expect(menuPosition(box(500, 700), menu, screen, "bottom", "start")).toEqual({ left: 500, top: 544 });
  });

  it("is at the left where there is no room at the right", () => {
    expect(menuPosition(box(900, 100), menu, screen, "right", "start")).toEqual({ left: 694, top: 100 });
  });

  it("is never off a screen that can hold it", () => {
    const side = fc.constantFrom("bottom" as const, "right" as const);
    const align = fc.constantFrom("start" as const, "end" as const);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 960 }), fc.integer({ min: 0, max: 770 }), side, align, (left, top, onSide, onAlign) => {
        const at = menuPosition(box(left, top), menu, screen, onSide, onAlign);
        expect(at.left).toBeGreaterThanOrEqual(8);
        expect(at.top).toBeGreaterThanOrEqual(8);
        expect(at.left + menu.width).toBeLessThanOrEqual(992);
        expect(at.top + menu.height).toBeLessThanOrEqual(792);
      }),
    );
  });
});
