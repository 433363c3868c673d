import { describe, expect, it } from "vitest";
import { signsInWith, standingOf } from "./user-words";

const now = Date.parse("2026-01-02T00:00:00Z");
const before = "2026-01-01T00:00:00Z";
const after = "2026-01-03T00:00:00Z";

describe("where an account stands", () => {
  it.each([
    [{ active: true, hasPassword: true, invitedUntil: null }, "active"],
    [{ active: true, hasPassword: false, invitedUntil: null }, "active"],
    [{ active: true, hasPassword: false, invitedUntil: after }, "invited"],
    [{ active: true, hasPassword: false, invitedUntil: before }, "invitation over"],
    [{ active: true, hasPassword: true, invitedUntil: after }, "active"],
    [{ active: false, hasPassword: false, invitedUntil: after }, "disabled"],
  ] as const)("%j is %s", (user, standing) => {
    expect(standingOf(user, now)).toBe(standing);
  });

  it.each([
    [{ kind: "service", hasPassword: false, secondFactor: false, invitedUntil: null }, "API tokens"],
    [{ hasPassword: true, secondFactor: false, invitedUntil: null }, "password"],
    [{ hasPassword: true, secondFactor: true, invitedUntil: null }, "password and code"],
    [{ hasPassword: false, secondFactor: false, invitedUntil: null }, "single sign-on"],
    [{ hasPassword: false, secondFactor: false, invitedUntil: before }, "nothing yet"],
  ] as const)("%j signs in with %s", (user, words) => {
    expect(signsInWith({ kind: "person", ...user })).toBe(words);
  });
});
