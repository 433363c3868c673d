/** Finds out what a display speaks. A connection alone proves nothing: a port's proxy takes it before anyone listens behind. */
import type { Duplex } from "node:stream";
import { BerthError } from "@berth/protocol/errors";

const BANNER_BYTES = 12;
const BANNER = /^RFB \d{3}\.\d{3}\n$/;

/**
 * Waits for the 12 bytes with which an RFB server begins, and leaves them in the stream to be read again. Rejects with
 * `DISPLAY_PROTOCOL_MISMATCH` where other bytes come, with `DISPLAY_UNREACHABLE` where the stream ends or stays silent. The stream is
 * destroyed then.
 */
export function readBanner(stream: Duplex, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => fail("DISPLAY_UNREACHABLE", `The display said nothing within ${timeoutMs / 1000} s`), timeoutMs);
    const settle = () => {
      clearTimeout(late);
      stream.off("readable", look);
      stream.off("end", ended);
      stream.off("close", ended);
      stream.off("error", ended);
    };
    const fail = (code: "DISPLAY_UNREACHABLE" | "DISPLAY_PROTOCOL_MISMATCH", words: string) => {
      settle();
      stream.on("error", () => {});
      stream.destroy();
      reject(new BerthError(code, words));
    };
    const ended = () => fail("DISPLAY_UNREACHABLE", "The display ended the connection before it said anything");
    let heard = Buffer.alloc(0);
    const look = () => {
      const chunk: unknown = stream.read();
      if (!Buffer.isBuffer(chunk)) return;
      heard = Buffer.concat([heard, chunk]);
      const begin = heard.subarray(0, BANNER_BYTES).toString("latin1");
      if (!"RFB ".startsWith(begin.slice(0, 4))) return fail("DISPLAY_PROTOCOL_MISMATCH", `The display speaks no RFB: it ${speaks(begin)}`);
      if (heard.length < BANNER_BYTES) return;
      if (!BANNER.test(begin)) return fail("DISPLAY_PROTOCOL_MISMATCH", `The display speaks no RFB: it ${speaks(begin)}`);
      settle();
      stream.unshift(heard);
      resolve();
    };
    stream.on("readable", look);
    stream.on("end", ended);
    stream.on("close", ended);
    stream.on("error", ended);
  });
}

/** `answered with HTTP`, from the first bytes that something said. */
export function speaks(begin: string): string {
  if (begin.startsWith("HTTP/")) return "answered with HTTP";
  if (begin.startsWith("SSH-")) return "answered with SSH";
  if (begin.startsWith("RFB ")) return "answered with RFB";
  return `answered with ${JSON.stringify(begin.slice(0, 16))}`;
}

/**
 * The first bytes that something says when it is asked for `path` over HTTP/1.1; empty where it says nothing in time. For a display that
 * waits to be spoken to, as HTTP servers do.
 */
export function askHttp(stream: Duplex, path: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const done = () => {
      clearTimeout(late);
      stream.destroy();
      resolve(heard);
    };
    const late = setTimeout(done, timeoutMs);
    stream.on("error", done);
    stream.on("close", done);
    stream.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      if (heard.length >= 16) done();
    });
    stream.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\naccept: */*\r\n\r\n`);
  });
}
