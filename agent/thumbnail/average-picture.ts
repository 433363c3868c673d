/** RGB, eight bits each, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Buffer;
}

/**
 * A large picture made small while its rows arrive: each small pixel is the average of what falls on it. The large one is never held; rows
 * may come in any order, and twice.
 */
export class AveragePicture {
  readonly width: number;
  readonly height: number;
  readonly #columns: Uint16Array;
  readonly #sums: Uint32Array;
  readonly #counts: Uint32Array;

  /** Fits into a square of `side` pixels and is never larger than its source. */
  constructor(
    readonly sourceWidth: number,
    readonly sourceHeight: number,
    side: number,
  ) {
    const scale = Math.min(1, side / sourceWidth, side / sourceHeight);
    this.width = Math.max(1, Math.floor(sourceWidth * scale));
    this.height = Math.max(1, Math.floor(sourceHeight * scale));
    this.#columns = Uint16Array.from({ length: sourceWidth }, (_, x) => Math.floor((x * this.width) / sourceWidth));
    this.#sums = new Uint32Array(this.width * this.height * 3);
    this.#counts = new Uint32Array(this.width * this.height);
  }

  /** Part of a row from `x` on: four bytes a pixel, blue, green, red and one that says nothing. */
  add(x: number, y: number, pixels: Buffer): void {
    const row = Math.floor((y * this.height) / this.sourceHeight) * this.width;
    const sums = this.#sums;
    for (let at = 0, column = x; at + 3 < pixels.length; at += 4, column++) {
      const cell = row + (this.#columns[column] ?? 0);
      this.#counts[cell] = (this.#counts[cell] ?? 0) + 1;
      sums[3 * cell] = (sums[3 * cell] ?? 0) + (pixels[at + 2] ?? 0);
      sums[3 * cell + 1] = (sums[3 * cell + 1] ?? 0) + (pixels[at + 1] ?? 0);
      sums[3 * cell + 2] = (sums[3 * cell + 2] ?? 0) + (pixels[at] ?? 0);
    }
  }

  /** Every small pixel has had something. */
  get complete(): boolean {
    return this.#counts.every((count) => count > 0);
  }

  picture(): Picture {
    const rgb = Buffer.from(this.#sums.map((sum, at) => sum / Math.max(1, this.#counts[Math.floor(at / 3)] ?? 1)));
    return { width: this.width, height: this.height, rgb };
  }
}

/** Half as wide and high, by averages. */
export function halved({ width, height, rgb }: Picture): Picture {
  const half = { width: Math.max(1, width >> 1), height: Math.max(1, height >> 1) };
  const small = Buffer.alloc(half.width * half.height * 3);
  for (let y = 0; y < half.height; y++) {
    for (let x = 0; x < half.width; x++) {
      for (let part = 0; part < 3; part++) {
        const of = (dx: number, dy: number) =>
          rgb[(Math.min(height - 1, 2 * y + dy) * width + Math.min(width - 1, 2 * x + dx)) * 3 + part] ?? 0;
        small[(y * half.width + x) * 3 + part] = (of(0, 0) + of(1, 0) + of(0, 1) + of(1, 1)) >> 2;
      }
    }
  }
  return { ...half, rgb: small };
}
