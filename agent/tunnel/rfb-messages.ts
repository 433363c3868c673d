/**
 * Lengths of the messages that an RFB client sends after its handshake (RFC 6143 and the extensions that noVNC 1.7 and TigerVNC use).
 * Everything here reads what an unknown client wrote: each length has a bound.
 */

export const RFB_MESSAGE = {
  setPixelFormat: 0,
  setEncodings: 2,
  framebufferUpdateRequest: 3,
  keyEvent: 4,
  pointerEvent: 5,
  clientCutText: 6,
  enableContinuousUpdates: 150,
  clientFence: 248,
  xvp: 250,
  setDesktopSize: 251,
  qemu: 255,
} as const;

const MAX_ENCODINGS = 1024;
const MAX_CUT_TEXT_BYTES = 64 * 1024 * 1024;
const MAX_FENCE_BYTES = 64;
const MAX_SCREENS = 64;

export type MessageLength =
  | { readonly kind: "known"; readonly type: number; readonly length: number }
  | { readonly kind: "more"; readonly need: number }
  | { readonly kind: "unknown"; readonly type: number }
  | { readonly kind: "excessive"; readonly reason: string };

/** The length of the message that begins at `at`, or how many bytes of it are needed to tell. */
export function measureMessage(data: Buffer, at: number, extendedPointer: boolean): MessageLength {
  const type = data[at];
  if (type === undefined) return { kind: "more", need: 1 };
  const has = data.length - at;
  const known = (length: number): MessageLength => ({ kind: "known", type, length });
  const needs = (need: number): MessageLength | null => (has < need ? { kind: "more", need } : null);
  switch (type) {
    case RFB_MESSAGE.setPixelFormat:
      return known(20);
    case RFB_MESSAGE.setEncodings: {
      const count = has < 4 ? 0 : data.readUInt16BE(at + 2);
      if (count > MAX_ENCODINGS) return { kind: "excessive", reason: `SetEncodings with ${count} encodings (at most ${MAX_ENCODINGS})` };
      return needs(4) ?? known(4 + 4 * count);
    }
    case RFB_MESSAGE.framebufferUpdateRequest:
      return known(10);
    case RFB_MESSAGE.keyEvent:
      return known(8);
    case RFB_MESSAGE.pointerEvent:
      return needs(2) ?? known(extendedPointer && data.readUInt8(at + 1) & 0x80 ? 7 : 6);
    case RFB_MESSAGE.clientCutText: {
      // A negative length marks the extended clipboard; its size is the absolute value.
      const length = has < 8 ? 0 : Math.abs(data.readInt32BE(at + 4));
      if (length > MAX_CUT_TEXT_BYTES)
        return { kind: "excessive", reason: `a clipboard of ${length} bytes (at most ${MAX_CUT_TEXT_BYTES})` };
      return needs(8) ?? known(8 + length);
    }
    case RFB_MESSAGE.enableContinuousUpdates:
      return known(10);
    case RFB_MESSAGE.clientFence: {
      const length = has < 9 ? 0 : data.readUInt8(at + 8);
      if (length > MAX_FENCE_BYTES) return { kind: "excessive", reason: `a fence of ${length} bytes (at most ${MAX_FENCE_BYTES})` };
      return needs(9) ?? known(9 + length);
    }
    case RFB_MESSAGE.xvp:
      return known(4);
    case RFB_MESSAGE.setDesktopSize: {
      const screens = has < 7 ? 0 : data.readUInt8(at + 6);
      if (screens > MAX_SCREENS) return { kind: "excessive", reason: `SetDesktopSize with ${screens} screens (at most ${MAX_SCREENS})` };
      return needs(8) ?? known(8 + 16 * screens);
    }
    case RFB_MESSAGE.qemu:
      return measureQemu(data, at, has);
    default:
      return { kind: "unknown", type };
  }
}

/** Sub-message 0 is a key with its scan code, 1 is audio: on, off (4 bytes) or a sample format (10 bytes). */
function measureQemu(data: Buffer, at: number, has: number): MessageLength {
  const type = RFB_MESSAGE.qemu;
  if (has < 2) return { kind: "more", need: 2 };
  const sub = data.readUInt8(at + 1);
  if (sub === 0) return { kind: "known", type, length: 12 };
  if (sub !== 1) return { kind: "unknown", type };
  if (has < 4) return { kind: "more", need: 4 };
  return { kind: "known", type, length: data.readUInt16BE(at + 2) === 2 ? 10 : 4 };
}
