import { expect, it } from "vitest";
import { readIdentity } from "./guest-identity";

const guestKey = "k".repeat(43);

it("is who they said, and what the server knew them by", () => {
  expect(readIdentity(JSON.stringify({ name: "Ann", guestKey }))).toEqual({ name: "Ann", guestKey });
  expect(readIdentity(JSON.stringify({ name: "Ann", guestKey: null }))).toEqual({ name: "Ann", guestKey: null });
});

it.each([null, "", "{", "null", "7", '{"name":""}', '{"name":7}', JSON.stringify({ name: "x".repeat(41), guestKey })])(
  "is nobody where %s was kept",
  (text) => expect(readIdentity(text)).toBeNull(),
);

it("is asked for by the server again where their key is none", () => {
  expect(readIdentity('{"name":"Ann","guestKey":"short"}')).toEqual({ name: "Ann", guestKey: null });
});
