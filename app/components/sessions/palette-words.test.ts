import { describe, expect, it } from "vitest";
import { soughtName } from "./palette-words";

describe("what is typed into the palette", () => {
  it.each([
    ["shell", "shell"],
    ["hibernate shell", "shell"],
    ["  Stop   my desk ", "my desk"],
    ["launch fire", "fire"],
    ["stop", "stop"],
    ["shell stop", "shell stop"],
    ["", ""],
  ])("%j looks for %j", (typed, sought) => {
    expect(soughtName(typed)).toBe(sought);
  });
});
