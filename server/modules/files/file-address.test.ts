import { pathProblem } from "@berth/protocol/session-files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressInUrl, addressOf } from "./file-address";

/** What a path would mean to who follows it step by step. */
const leaves = (path: string): boolean => path.split("/").some((part) => part === ".." || part === ".") || path.includes("\0");

describe("a path in an address", () => {
  it("is the same bytes that were encoded, whatever they are", () => {
    const name = fc.uint8Array({ minLength: 1, maxLength: 40 }).filter((bytes) => !bytes.includes(0) && !bytes.includes(0x2f));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), (names) => {
        const wanted = Buffer.concat(names.flatMap((one) => [Buffer.from("/"), Buffer.from(one)]));
        fc.pre(pathProblem(wanted) === null);
        const rest = names.map((one) => [...one].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")).join("/");
        expect(addressInUrl(rest).bytes.equals(wanted)).toBe(true);
      }),
    );
  });

  it("of ten thousand made of dots, slashes and their encodings never steps out of where it says that it is", () => {
    const piece = fc.constantFrom("..", ".", "/", "//", "%2e", "%2E%2e", "%2f", "%5c", "\\", "%00", "%", "%zz", "a", "%25", "%c0%ae", "~");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        try {
          const { bytes } = addressInUrl(pieces.join(""));
          expect([bytes[0], leaves(bytes.toString("latin1"))]).toEqual([0x2f, false]);
        } catch (error) {
          expect(error).toMatchObject({ code: "INVALID_PARAMETER" });
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it("is absolute where it is text", () => {
    expect(addressOf("/home/user/ü").shown).toBe("/home/user/ü");
    for (const path of ["home", "", "/a/../b", "/a/", "/a//b", `/${"x".repeat(300)}`]) expect(() => addressOf(path)).toThrow("path:");
  });
});
