import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";
import { literalAddress, reachOf, refusalOf } from "./webhook-address";

const byte = fc.integer({ min: 0, max: 255 });
const within = (...fixed: fc.Arbitrary<number>[]) =>
  fc.tuple(...fixed, ...Array.from({ length: 4 - fixed.length }, () => byte)).map((bytes) => bytes.join("."));
const one = (value: number) => fc.constant(value);
/** IPv4 that is nobody's on the internet, by the RFCs and not by what the code asks. */
const inner = fc.oneof(
  within(one(10)),
  within(one(127)),
  within(one(169), one(254)),
  within(one(172), fc.integer({ min: 16, max: 31 })),
  within(one(192), one(168)),
  within(one(100), fc.integer({ min: 64, max: 127 })),
  within(one(192), one(0), one(0)),
  within(one(198), fc.integer({ min: 18, max: 19 })),
  within(one(0)),
  within(fc.integer({ min: 224, max: 255 })),
);
const numberOf = (v4: string) => v4.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const hex = (v4: string) => {
  const number = numberOf(v4);
  return `${Math.floor(number / 65_536).toString(16)}:${(number % 65_536).toString(16)}`;
};

describe("an address that a webhook may not be at", () => {
  it("is any that the internet does not route, alone or within IPv6", () => {
    fc.assert(
      fc.property(inner, (v4) => {
        for (const form of [v4, `::ffff:${v4}`, `::ffff:${hex(v4)}`, `::${hex(v4)}`, `64:ff9b::${hex(v4)}`, `2002:${hex(v4)}::1`])
          expect(reachOf(form), form).not.toBe("public");
      }),
    );
  });

  it("is seen through however its host is written: decimal, octal, hex, short", () => {
    fc.assert(
      fc.property(inner, fc.constantFrom("http", "https"), (v4, scheme) => {
        const [a = "", b = "", c = "", d = ""] = v4.split(".");
        const number = numberOf(v4);
        const octal = (part: string) => `0${Number(part).toString(8)}`;
        const forms = [
          String(number),
          `0x${number.toString(16)}`,
          [a, b, c, d].map(octal).join("."),
          `${a}.${Number(b) * 65_536 + Number(c) * 256 + Number(d)}`,
          `0x${Number(a).toString(16)}.${b}.${Number(c) * 256 + Number(d)}`,
          `[::ffff:${v4}]`,
        ];
        for (const form of forms) {
          const address = literalAddress(new URL(`${scheme}://${form}:81/x`));
          expect(address, form).not.toBeNull();
          expect(refusalOf(address ?? "", false), form).not.toBeNull();
        }
      }),
    );
  });

  it.each([
    ["::1", "private"],
    ["fe80::1", "private"],
    ["fe80::1%eth0", "private"],
    ["fd00:ec2::254", "private"],
    ["169.254.169.254", "private"],
    ["168.63.129.16", "private"],
    ["::", "never"],
    ["0.0.0.0", "never"],
    ["::ffff:0.0.0.0", "never"],
    ["224.0.0.1", "never"],
    ["ff02::1", "never"],
    ["255.255.255.255", "never"],
    ["", "never"],
    ["example.net", "never"],
    ["93.184.216.34", "public"],
    ["2606:4700:4700::1111", "public"],
  ] as const)("%s is %s", (address, reach) => expect(reachOf(address)).toBe(reach));

  it("may be a private one where an administrator allowed it, and never one that stands for many or none", () => {
    fc.assert(
      fc.property(inner, (v4) => {
        expect(refusalOf(v4, true) === null).toBe(reachOf(v4) === "private");
        expect(refusalOf(v4, false)).not.toBeNull();
      }),
    );
  });

  it("is none of the rest of IPv4", () => {
    fc.assert(
      fc.property(within(), (v4) => {
        fc.pre(ipaddr.parse(v4).range() === "unicast" && v4 !== "168.63.129.16");
        expect(refusalOf(v4, false)).toBeNull();
      }),
    );
  });
});
