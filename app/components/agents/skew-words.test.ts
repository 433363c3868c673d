import { expect, it } from "vitest";
import { skewWords } from "./skew-words";

it.each([
  [0, "within a second", false],
  [-900, "within a second", false],
  [2_400, "2 s ahead", false],
  [-45_000, "45 s behind", false],
  [-180_000, "3 min behind", true],
])("says of a clock that is %i ms off: %s", (skewMs, words, far) => {
  expect(skewWords(skewMs)).toEqual({ words, far });
});
