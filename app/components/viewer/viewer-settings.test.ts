import { expect, it } from "vitest";
import { readSettings } from "./viewer-settings";

const unset = { quality: "automatic", scaling: "fit", sharp: false, sharedClipboard: false };

it("keeps what was chosen", () => {
  const chosen = { quality: "low", scaling: "resize", sharp: true, sharedClipboard: true };
  expect(readSettings(JSON.stringify(chosen))).toEqual(chosen);
});

it.each([null, "", "{", "null", "7", '"low"', "[]", '{"quality":"huge","scaling":3,"sharp":"yes","sharedClipboard":1}'])(
  "is as at the first time where %s was kept",
  (text) => {
    expect(readSettings(text)).toEqual(unset);
  },
);
