import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cameInPlain, clientAddress, isLoopbackAddress, parseTrustedProxies } from "./client-address";

const trusted = parseTrustedProxies(["10.0.0.0/8", "127.0.0.1", "fd00::/8"]);
const outside = fc.ipV4().filter((address) => !trusted(address));
const inside = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => `10.${parts.join(".")}`);

describe("a client's address", () => {
  it.each([
    ["203.0.113.9", "1.1.1.1", "203.0.113.9"],
    ["127.0.0.1", "203.0.113.9", "203.0.113.9"],
    ["::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"],
    ["10.1.1.1", "8.8.8.8, 203.0.113.9, 10.2.2.2", "203.0.113.9"],
    ["fd00::1", "2001:db8::7", "2001:db8::7"],
    ["10.1.1.1", "10.9.9.9", "10.9.9.9"],
    ["10.1.1.1", "", "10.1.1.1"],
    ["10.1.1.1", "203.0.113.9, garbage", "10.1.1.1"],
    ["10.1.1.1", "203.0.113.9, 0x0a000001", "10.1.1.1"],
    ["", "203.0.113.9", "unknown"],
  ])("from %s with '%s' is %s", (remote, forwarded, expected) => {
    expect(clientAddress(remote, forwarded, trusted)).toBe(expected);
  });

  it("is never what a client wrote, when no proxy is trusted", () => {
    fc.assert(fc.property(outside, fc.string(), (remote, header) => clientAddress(remote, header, trusted) === remote));
  });

  it("is the nearest untrusted one, whatever stands before it and however many proxies follow", () => {
    fc.assert(
      fc.property(inside, fc.string(), outside, fc.array(inside, { maxLength: 4 }), (remote, forged, client, proxies) => {
        return clientAddress(remote, [forged, client, ...proxies].join(", "), trusted) === client;
      }),
    );
  });

  it("refuses a list that can't be read, by name", () => {
    expect(() => parseTrustedProxies(["10.0.0.0/8", "nginx"])).toThrow("'nginx'");
    expect(() => parseTrustedProxies(["10.0.0.0/99"])).toThrow("'10.0.0.0/99'");
  });

  it.each([
    ["this machine", { remote: "127.0.0.1" }, false, false],
    ["TLS of our own", { remote: "203.0.113.9", encrypted: true }, false, false],
    ["a network", { remote: "203.0.113.9" }, false, true],
    ["a network, whatever it claims", { remote: "203.0.113.9", forwardedProto: "https", forwardedFor: "127.0.0.1" }, true, true],
    ["a trusted proxy that was asked by https", { remote: "10.1.1.1", forwardedFor: "203.0.113.9", forwardedProto: "https" }, false, false],
    ["a trusted proxy that was asked by http", { remote: "10.1.1.1", forwardedFor: "203.0.113.9", forwardedProto: "http" }, true, true],
    ["one that doesn't say, where our address is https", { remote: "10.1.1.1", forwardedFor: "203.0.113.9" }, true, false],
    ["one that doesn't say, where our address is http", { remote: "10.1.1.1", forwardedFor: "203.0.113.9" }, false, true],
    ["a claim in front of the proxy's own", { remote: "10.1.1.1", forwardedFor: "203.0.113.9", forwardedProto: "https, http" }, true, true],
  ])("by way of %s", (_, way, publicHttps, plain) => {
    const whole = { encrypted: false, forwardedFor: undefined, forwardedProto: undefined, ...way };
    expect(cameInPlain(whole, trusted, publicHttps)).toBe(plain);
  });

  it("knows this machine in every spelling", () => {
    expect(["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"].every(isLoopbackAddress)).toBe(true);
    expect(["10.0.0.1", "unknown", "localhost.evil.example"].some(isLoopbackAddress)).toBe(false);
  });
});
