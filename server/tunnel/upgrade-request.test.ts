import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnswerHead } from "./answer-head";
import { acceptOf, problemWithSwitch, readWebSocketOffer, writeUpgradeRequest } from "./upgrade-request";

const offer = { key: "dGhlIHNhbXBsZSBub25jZQ==", protocols: ["binary"] };
const headers = { upgrade: "WebSocket", "sec-websocket-version": "13", "sec-websocket-key": offer.key };

function request(overrides: Record<string, string | undefined>, method = "GET") {
  const incoming = new IncomingMessage(new Socket());
  incoming.method = method;
  incoming.httpVersion = "1.1";
  incoming.headers = { ...headers, ...overrides };
  return incoming;
}

describe("reading a browser's offer", () => {
  it("takes key and subprotocols, and nothing else", () => {
    expect(readWebSocketOffer(request({ "sec-websocket-protocol": "binary, base64", cookie: "a=b" }))).toEqual({
      key: offer.key,
      protocols: ["binary", "base64"],
    });
  });

  it.each([
    ["another upgrade", { upgrade: "h2c" }],
    ["another version", { "sec-websocket-version": "8" }],
    ["no key", { "sec-websocket-key": undefined }],
    ["a key that breaks out", { "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ\r\nX: y" }],
    ["a subprotocol with a space", { "sec-websocket-protocol": "bin ary" }],
    ["eleven subprotocols", { "sec-websocket-protocol": Array(11).fill("a").join(",") }],
  ])("refuses %s", (_, overrides) => {
    expect(() => readWebSocketOffer(request(overrides))).toThrowError(expect.objectContaining({ code: "INVALID_PARAMETER" }));
  });
});

describe("writing the request of our own", () => {
  it("has the WebSocket's headers alone", () => {
    expect(writeUpgradeRequest({ path: "/display/1?mode=view", host: "berth", offer }).split("\r\n")).toEqual([
      "GET /display/1?mode=view HTTP/1.1",
      "Host: berth",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${offer.key}`,
      "Sec-WebSocket-Protocol: binary",
      "",
      "",
    ]);
  });

  it("is one request of so many lines, or is refused, whatever the parts hold", () => {
    const part = fc.string({ unit: fc.constantFrom("a", "/", " ", "\r", "\n", "\t", ":", "\0", "é", "€"), maxLength: 12 });
    fc.assert(
      fc.property(part, part, part, part, (path, host, name, value) => {
        let text: string;
        try {
          text = writeUpgradeRequest({ path: `/${path}`, host, offer, headers: [[name, value]] });
        } catch {
          return;
        }
        expect(text.split(/\r|\n/).length).toBe(9 * 2 - 1);
        expect(text.split("\r\n").length).toBe(9 + 1 - 1);
      }),
    );
  });
});

describe("an answer with status 101", () => {
  const right: [string, string[]][] = [
    ["upgrade", ["websocket"]],
    ["connection", ["keep-alive, Upgrade"]],
    ["sec-websocket-accept", [acceptOf(offer.key)]],
  ];
  const head = (...more: [string, string[]][]): AnswerHead => ({ status: 101, headers: new Map([...right, ...more]) });

  it("is right with the accept of our key", () => {
    expect(acceptOf("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    expect(problemWithSwitch(head(["sec-websocket-protocol", ["binary"]]), offer, false)).toBeNull();
    expect(problemWithSwitch(head(["sec-websocket-extensions", ["permessage-deflate"]]), offer, true)).toBeNull();
  });

  it.each([
    [["sec-websocket-accept", ["s3pPLMBiTxaQ9kYGzzhZRbK+xOa="]]],
    [["sec-websocket-accept", [acceptOf(offer.key), acceptOf(offer.key)]]],
    [["upgrade", ["h2c"]]],
    [["connection", ["close"]]],
    [["content-length", ["0"]]],
    [["transfer-encoding", ["chunked"]]],
    [["sec-websocket-extensions", ["permessage-deflate"]]],
    [["sec-websocket-protocol", ["mqtt"]]],
  ] as [[string, string[]]][])("is refused with %j", (header) => {
    expect(problemWithSwitch(head(header), offer, false)).not.toBeNull();
  });
});
