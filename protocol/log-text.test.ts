import { expect, it } from "vitest";
import { visibleText } from "./log-text";

it("shows control characters written out and leaves tabs and letters alone", () => {
  expect(visibleText("a\tb \u001b[31mred\u001b[0m\r\u0007 \u007f \u009b2J \u202egnp.exe äß€")).toBe(
    "a\tb ^[[31mred^[[0m^M^G ^? \ufffd2J \ufffdgnp.exe äß€",
  );
});
