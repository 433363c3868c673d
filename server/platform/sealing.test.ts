import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seal, unseal } from "./sealing";

const key = new Uint8Array(32).fill(1);

describe("a sealed secret", () => {
  it("opens to what it was, and never looks the same twice", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (secret, of) => {
        expect(unseal(key, of, seal(key, of, secret))).toBe(secret);
      }),
    );
    expect(seal(key, "ada", "x")).not.toBe(seal(key, "ada", "x"));
  });

  it("opens for nobody else, by no other key, and not when a bit of it was changed", () => {
    const sealed = seal(key, "ada", "a secret");
    expect(() => unseal(key, "eve", sealed)).toThrow();
    expect(() => unseal(new Uint8Array(32).fill(2), "ada", sealed)).toThrow();
    const bytes = Buffer.from(sealed, "base64url");
    for (const at of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => unseal(key, "ada", changed.toString("base64url"))).toThrow();
    }
    expect(() => unseal(key, "ada", "")).toThrow();
  });
});
