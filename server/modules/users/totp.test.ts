import { Secret } from "otpauth";
import { describe, expect, it } from "vitest";
import { newTotpSecret, totpStep, totpUri } from "./totp";

/** RFC 6238, appendix B, the last six of its eight digits. */
const secret = Secret.fromLatin1("12345678901234567890").base32;
const at = (seconds: number) => new Date(seconds * 1000);

describe("codes of an authenticator app", () => {
  it.each([
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_111_111_111, "050471"],
    [1_234_567_890, "005924"],
    [2_000_000_000, "279037"],
    [20_000_000_000, "353130"],
  ])("are those of RFC 6238 at %d", (seconds, code) => {
    expect(totpStep(secret, code, at(seconds), null)).toBe(Math.floor(seconds / 30));
  });

  it("are good one step early and one step late, and no further", () => {
    const step = Math.floor(1_111_111_109 / 30);
    for (const [steps, good] of [
      [-2, false],
      [-1, true],
      [0, true],
      [1, true],
      [2, false],
    ] as const) {
      expect(totpStep(secret, "081804", at((step + steps) * 30), null)).toBe(good ? step : null);
    }
  });

  it("are refused once their step, or a later one, was used", () => {
    const step = Math.floor(1_111_111_109 / 30);
    expect(totpStep(secret, "081804", at(1_111_111_109), step - 1)).toBe(step);
    expect(totpStep(secret, "081804", at(1_111_111_109), step)).toBeNull();
    expect(totpStep(secret, "081804", at(1_111_111_109), step + 1)).toBeNull();
  });

  it.each(["", "81804", "0818040", "08180a", "000000"])("%j is none", (code) => {
    expect(totpStep(secret, code, at(1_111_111_109), null)).toBeNull();
  });

  it("come of a secret of 160 bits that the app reads from an otpauth address", () => {
    const made = newTotpSecret();
    expect(made).toMatch(/^[A-Z2-7]{32}$/);
    const uri = new URL(totpUri(made, { username: "ada", host: "berth.example" }));
    expect(uri.protocol).toBe("otpauth:");
    expect(decodeURIComponent(uri.pathname)).toContain("Berth:ada@berth.example");
    expect(Object.fromEntries(uri.searchParams)).toMatchObject({ secret: made, issuer: "Berth", digits: "6", period: "30" });
  });
});
