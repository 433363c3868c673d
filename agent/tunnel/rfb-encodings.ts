/** Encodings of RFB by number, and those whose lengths `RfbServerFilter` can tell: where it reads along, a client is offered no others. */

export const ENCODING = {
  raw: 0,
  copyRect: 1,
  tight: 7,
  zrle: 16,
  desktopSize: -223,
  lastRect: -224,
  cursor: -239,
  qemuExtendedKey: -258,
  qemuLed: -261,
  desktopName: -307,
  extendedDesktopSize: -308,
  xvp: -309,
  fence: -312,
  continuousUpdates: -313,
  /** A client that announces it may send pointer events of seven bytes, marked by the highest bit of the button mask. */
  extendedMouseButtons: -316,
  vmwareCursor: 0x574d_5664,
} as const;

const measurable: ReadonlySet<number> = new Set(Object.values(ENCODING));
/** JPEG quality and compression: wishes, which are never sent as rectangles. */
const isLevel = (encoding: number): boolean => (encoding >= -32 && encoding <= -23) || (encoding >= -256 && encoding <= -247);

/** A SetEncodings message with nothing but what can be measured. The extended clipboard is not among it. */
export function onlyMeasurable(message: Buffer): Buffer {
  const kept: number[] = [];
  for (let at = 4; at + 4 <= message.length; at += 4) {
    const encoding = message.readInt32BE(at);
    if (measurable.has(encoding) || isLevel(encoding)) kept.push(encoding);
  }
  const rewritten = Buffer.alloc(4 + 4 * kept.length);
  message.copy(rewritten, 0, 0, 2);
  rewritten.writeUInt16BE(kept.length, 2);
  for (const [index, encoding] of kept.entries()) rewritten.writeInt32BE(encoding, 4 + 4 * index);
  return rewritten;
}

/** Bytes of a pixel as it is sent, and of one in the compact form that Tight uses. */
export interface PixelSize {
  readonly bytes: number;
  readonly tightBytes: number;
}

/** From the 16 bytes of a pixel format; null where a pixel has a size that RFB does not know. */
export function pixelSize(format: Buffer): PixelSize | null {
  const bits = format.readUInt8(0);
  if (bits !== 8 && bits !== 16 && bits !== 32) return null;
  const bytes = bits / 8;
  const full = [4, 6, 8].every((at) => format.readUInt16BE(at) === 255);
  const compact = bits === 32 && format.readUInt8(1) === 24 && format.readUInt8(3) !== 0 && full;
  return { bytes, tightBytes: compact ? 3 : bytes };
}
