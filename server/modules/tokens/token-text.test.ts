import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashOfToken, isApiToken, loginOfToken, shownOf, tokenOfLogin, tokenText } from "./token-text";

const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("base64url"));

describe("an API token's text", () => {
  it("is 'berth_' and 43 letters and digits, another one for each secret", () => {
    fc.assert(
      fc.property(secrets, secrets, (one, other) => {
        expect(tokenText(one)).toMatch(/^berth_[0-9A-Za-z]{43}$/);
        expect(tokenText(one) === tokenText(other)).toBe(one === other);
      }),
    );
  });

  it("keeps all 256 bits", () => {
    expect(tokenText(Buffer.alloc(32, 0).toString("base64url"))).toBe(`berth_${"0".repeat(43)}`);
    const most = tokenText(Buffer.alloc(32, 255).toString("base64url")).slice("berth_".length);
    const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    expect([...most].reduce((value, digit) => value * 62n + BigInt(digits.indexOf(digit)), 0n)).toBe(2n ** 256n - 1n);
  });

  it("is known by its beginning, of which a list shows twelve characters", () => {
    const text = tokenText(Buffer.alloc(32, 9).toString("base64url"));
    expect([isApiToken(text), isApiToken("eyJhbGciOiJIUzI1NiJ9.e30.x"), shownOf(text)]).toEqual([true, false, text.slice(0, 12)]);
  });

  it.each(["", "berth_", "berth_short", `berth_${"a".repeat(44)}`, `berth_${"a".repeat(42)}-`, `Berth_${"a".repeat(43)}`])(
    "is none where it is written as '%s'",
    (text) => expect(hashOfToken(text)).toBeNull(),
  );

  it("is a login of its own name", () => {
    expect(tokenOfLogin(loginOfToken("an-id"))).toBe("an-id");
    expect(tokenOfLogin("5f0b6f2e-0000-4000-8000-000000000000")).toBeNull();
  });
});
