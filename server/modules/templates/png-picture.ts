import { crc32, deflateSync, inflateSync } from "node:zlib";
import { BerthError } from "@berth/protocol/errors";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
export const SIDE = { min: 16, max: 512 } as const;
/** Samples a pixel, by PNG's colour type. */
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depths: Readonly<Record<number, readonly number[]>> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

const refused = (why: string) => new BerthError("TEMPLATE_INVALID", `The icon was refused: ${why}`, { details: { fields: { icon: why } } });

/**
 * The picture put together anew from the chunks that draw it (text, Exif, profiles and animation are none), its pixels packed again: whatever hid beside, between or behind them is gone.
 * Throws TEMPLATE_INVALID for what is no PNG, is broken, interlaced, or isn't 16 to 512 pixels a side.
 */
export function cleanPng(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw refused("it is no PNG");
  const [header, ...rest] = readChunks(bytes);
  if (header?.type !== "IHDR" || header.data.length !== 13 || rest.some(({ type }) => type === "IHDR"))
    throw refused("its header is broken");
  const size = sizeOf(header.data);
  const palettes = rest.filter(({ type }) => type === "PLTE");
  if (palettes.length > 1 || (size.colour === 3 && palettes.length === 0)) throw refused("its palette is broken");
  if (palettes.some(({ data }) => data.length === 0 || data.length > 768 || data.length % 3 !== 0)) throw refused("its palette is broken");
  const transparency = rest.filter(({ type }) => type === "tRNS");
  if (transparency.length > 1 || transparency.some(({ data }) => data.length > 256)) throw refused("its transparency is broken");
  const packed = Buffer.concat(rest.filter(({ type }) => type === "IDAT").map(({ data }) => data));
  const ordered = [
    header,
    ...palettes,
    ...transparency,
    { type: "IDAT", data: repack(packed, size) },
    { type: "IEND", data: Buffer.alloc(0) },
  ];
  return Buffer.concat([SIGNATURE, ...ordered.map(writeChunk)]);
}

function readChunks(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const end = at + 12 + length;
    if (end > bytes.length) break;
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) throw refused("a part of it is damaged");
    chunks.push({ type, data: bytes.subarray(at + 8, end - 4) });
    if (type === "IEND") return chunks;
    at = end;
  }
  throw refused("it is cut off");
}

function sizeOf(header: Buffer) {
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth = 0, colour = 0, compression, filter, interlace] = header.subarray(8);
  const fits = (side: number) => side >= SIDE.min && side <= SIDE.max;
  if (!fits(width) || !fits(height)) throw refused(`it is ${width} × ${height} pixels; ${SIDE.min} to ${SIDE.max} a side are taken`);
  if (!depths[colour]?.includes(depth) || compression !== 0 || filter !== 0) throw refused("its header is broken");
  if (interlace !== 0) throw refused("it is interlaced; save it without");
  return { width, height, depth, colour };
}

/** The pixels, packed by ourselves. Throws where they are more or fewer than the header says. */
function repack(packed: Buffer, { width, height, depth, colour }: ReturnType<typeof sizeOf>): Buffer {
  const expected = height * (1 + Math.ceil((width * depth * (samples[colour] ?? 0)) / 8));
  let pixels: Buffer;
  try {
    pixels = inflateSync(packed, { maxOutputLength: expected + 1 });
  } catch {
    throw refused("its pixels don't unpack");
  }
  if (pixels.length !== expected) throw refused("it has more or fewer pixels than its header says");
  return deflateSync(pixels, { level: 9 });
}

function writeChunk({ type, data }: Chunk): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, tail]);
}
