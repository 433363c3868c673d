/**
 * As much of RFB 3.8 as a relay could look at: the handshake, then client messages of known length. The synthetic display uses them for
 * its own ends: an update request asks for a flood of bytes, a cut text for its echo. Everything else of RFB is absent.
 */

export const BANNER = Buffer.from("RFB 003.008\n");
/** A ping and its echo: 8 bytes of head, 56 of text. */
export const PING_BYTES = 64;
const CUT_TEXT = 6;
const UPDATE_REQUEST = 3;

export const NO_SECURITY_TYPES = Buffer.from([1, 1]);
export const SECURITY_RESULT_OK = Buffer.alloc(4);
export const SERVER_INIT = Buffer.concat([
  Buffer.from([4, 0, 3, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, 5]),
  Buffer.from("bench"),
]);

/** What a client sends once each server message of the handshake has come, and how long that message is. */
export const clientHandshake: readonly { readonly expect: number; readonly send: Buffer }[] = [
  { expect: BANNER.length, send: BANNER },
  { expect: NO_SECURITY_TYPES.length, send: Buffer.from([1]) },
  { expect: SECURITY_RESULT_OK.length, send: Buffer.from([1]) },
  { expect: SERVER_INIT.length, send: Buffer.alloc(0) },
];

/** What the server sends once each client message of the handshake has come. */
export const serverHandshake: readonly { readonly expect: number; readonly send: Buffer }[] = [
  { expect: BANNER.length, send: NO_SECURITY_TYPES },
  { expect: 1, send: SECURITY_RESULT_OK },
  { expect: 1, send: SERVER_INIT },
];

/** `megabytesPerSecond` 0: as fast as it is taken. */
export function floodRequest(megabytesPerSecond: number): Buffer {
  const message = Buffer.alloc(10);
  message.writeUInt8(UPDATE_REQUEST, 0);
  message.writeUInt16BE(megabytesPerSecond, 6);
  return message;
}

export function ping(): Buffer {
  const message = Buffer.alloc(PING_BYTES, 0x61);
  message.fill(0, 0, 8);
  message.writeUInt8(CUT_TEXT, 0);
  message.writeUInt32BE(PING_BYTES - 8, 4);
  return message;
}

export type ClientMessage =
  | { readonly kind: "flood"; readonly megabytesPerSecond: number; readonly bytes: number }
  | { readonly kind: "ping"; readonly bytes: number };

/** The message at the start of `buffer`, or null while it isn't whole. Throws on a message that the bench never sends. */
export function readClientMessage(buffer: Buffer): ClientMessage | null {
  const type = buffer[0];
  if (type === UPDATE_REQUEST) {
    return buffer.length < 10 ? null : { kind: "flood", megabytesPerSecond: buffer.readUInt16BE(6), bytes: 10 };
  }
  if (type === CUT_TEXT) return buffer.length < PING_BYTES ? null : { kind: "ping", bytes: PING_BYTES };
  if (type === undefined) return null;
  throw new Error(`unexpected RFB client message ${type}`);
}
