/**
 * PNG by hand: Node's zlib does the packing and the checksum, and what is left are three chunks. A library would be larger than this file
 * and ship with the agent to every host.
 */
import { crc32, deflateSync } from "node:zlib";
import { halved, type Picture } from "./average-picture";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const UP = 2;
const SUB = 1;

export function encodePng({ width, height, rgb }: Picture): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8);
  header.writeUInt8(2, 9);
  const packed = deflateSync(filtered(width, height, rgb), { level: 6 });
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("IDAT", packed), chunk("IEND", Buffer.alloc(0))]);
}

/** As good as fits: with all its colours, with fewer, then half as large and half again. */
export function encodeWithin(picture: Picture, maxBytes: number): Buffer {
  let size = picture;
  for (;;) {
    for (const mask of [0xff, 0xf0]) {
      const png = encodePng(mask === 0xff ? size : { ...size, rgb: Buffer.from(size.rgb.map((value) => value & mask)) });
      if (png.length <= maxBytes || (size.width === 1 && size.height === 1)) return png;
    }
    size = halved(size);
  }
}

/** Each row as its difference to the left or from above, whichever is smaller. */
function filtered(width: number, height: number, rgb: Buffer): Buffer {
  const length = width * 3;
  const out = Buffer.alloc(height * (length + 1));
  for (let y = 0; y < height; y++) {
    const row = rgb.subarray(y * length, (y + 1) * length);
    const above = y === 0 ? null : rgb.subarray((y - 1) * length, y * length);
    const bySub = row.map((value, at) => value - (at < 3 ? 0 : (row[at - 3] ?? 0)));
    const byUp = row.map((value, at) => value - (above?.[at] ?? 0));
    const [filter, best] = weight(byUp) < weight(bySub) ? [UP, byUp] : [SUB, bySub];
    out[y * (length + 1)] = filter;
    out.set(best, y * (length + 1) + 1);
  }
  return out;
}

const weight = (row: Uint8Array): number => row.reduce((sum, value) => sum + (value < 128 ? value : 256 - value), 0);

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
