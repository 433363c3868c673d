import { glyphOf } from "./glyphs";

export interface PixelFormat {
  readonly bitsPerPixel: 8 | 16 | 32;
  readonly bigEndian: boolean;
  readonly max: readonly [number, number, number];
  readonly shift: readonly [number, number, number];
}

export const NATIVE_FORMAT: PixelFormat = { bitsPerPixel: 32, bigEndian: false, max: [255, 255, 255], shift: [16, 8, 0] };

const PAPER = 0x20242c;
const INK = 0xf0f0f0;
const CURSOR = 0xff8800;
/** Pixels of one dot of a letter, and the cell that a letter stands in. */
const DOT = 3;
const CELL_WIDTH = 4 * DOT;
const CELL_HEIGHT = 7 * DOT;

/** A picture that shows typed text and the last place of the pointer. Pixels are 0xRRGGBB. */
export class Framebuffer {
  readonly width: number;
  readonly height: number;
  readonly #pixels: Uint32Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#pixels = new Uint32Array(width * height).fill(PAPER);
  }

  /** Draws the whole picture anew: text from the top left, wrapped, its last lines where it is too long. */
  draw(text: string, pointer: { x: number; y: number } | null): void {
    this.#pixels.fill(PAPER);
    const columns = Math.max(1, Math.floor(this.width / CELL_WIDTH));
    const rows = Math.max(1, Math.floor(this.height / CELL_HEIGHT));
    const lines = text.split("\n").flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, "gu")) ?? [""]);
    lines.slice(-rows).forEach((line, row) => {
      [...line].forEach((character, column) => {
        if (character !== " ") this.#letter(glyphOf(character), column * CELL_WIDTH + DOT, row * CELL_HEIGHT + DOT);
      });
    });
    if (pointer) this.#fill(pointer.x - 2, pointer.y - 2, 5, 5, CURSOR);
  }

  pixel(x: number, y: number): number {
    return this.#pixels[y * this.width + x] ?? 0;
  }

  /** Raw encoding of a rectangle in a client's pixel format. */
  encode(x: number, y: number, width: number, height: number, format: PixelFormat): Buffer {
    const bytes = format.bitsPerPixel / 8;
    const out = Buffer.allocUnsafe(width * height * bytes);
    const [maxRed, maxGreen, maxBlue] = format.max;
    const [red, green, blue] = format.shift;
    let at = 0;
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) {
        const colour = this.pixel(column, row);
        const part = (value: number, max: number, shift: number) => (Math.floor((value * max) / 255) << shift) >>> 0;
        const value =
          (part(colour >> 16, maxRed, red) | part((colour >> 8) & 255, maxGreen, green) | part(colour & 255, maxBlue, blue)) >>> 0;
        if (bytes === 1) out.writeUInt8(value & 255, at);
        else if (bytes === 2) format.bigEndian ? out.writeUInt16BE(value & 0xffff, at) : out.writeUInt16LE(value & 0xffff, at);
        else format.bigEndian ? out.writeUInt32BE(value, at) : out.writeUInt32LE(value, at);
        at += bytes;
      }
    }
    return out;
  }

  #letter(shape: number, left: number, top: number): void {
    for (let bit = 0; bit < 15; bit++) {
      if (shape & (1 << (14 - bit))) this.#fill(left + (bit % 3) * DOT, top + Math.floor(bit / 3) * DOT, DOT, DOT, INK);
    }
  }

  #fill(left: number, top: number, width: number, height: number, colour: number): void {
    for (let y = Math.max(0, top); y < Math.min(this.height, top + height); y++) {
      for (let x = Math.max(0, left); x < Math.min(this.width, left + width); x++) this.#pixels[y * this.width + x] = colour;
    }
  }
}
