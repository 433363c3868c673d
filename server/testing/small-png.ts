import { crc32, deflateSync } from "node:zlib";

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [head, tail] = [Buffer.alloc(4), Buffer.alloc(4)];
  head.writeUInt32BE(data.length);
  tail.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, tail]);
}

interface SmallPng {
  readonly side: number;
  /** Of all pixels, red, green, blue. */
  readonly colour?: readonly [number, number, number];
  /** Chunks before the pixels. */
  readonly extra?: readonly Buffer[];
  readonly interlaced?: boolean;
  /** Lines of pixels, where they are to be others than the header says. */
  readonly lines?: number;
}

/** A picture of one colour. */
export function pngOf({ side, colour = [20, 90, 160], extra = [], interlaced = false, lines = side }: SmallPng): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, interlaced ? 1 : 0], 8);
  const line = Buffer.concat([Buffer.from([0]), ...Array.from({ length: side }, () => Buffer.from(colour))]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: lines }, () => line)));
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    pngChunk("IHDR", header),
    ...extra,
    pngChunk("IDAT", pixels),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}
