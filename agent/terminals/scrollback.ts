const ESCAPE = 0x1b;
const NEWLINE = 0x0a;
/** Set or reset of private modes: alternate screen, bracketed paste, cursor keys, mouse. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
const MODES = /\x1b\[\?([\d;]{1,60})([hl])/g;
/** Modes whose loss a screen does not recover from by being drawn on. */
const KEPT = new Set([1, 7, 9, 25, 47, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1047, 1049, 2004]);

/**
 * The last bytes that a terminal printed, at most `limit`. What is dropped ends at the end of a line where there is one, so that no escape
 * sequence and no character is cut in two; the modes that the dropped part had set are told at the beginning of what is kept.
 */
export class Scrollback {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  readonly #modes = new Map<number, boolean>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    // Dropped in large pieces: each costs a copy of what stays.
    if (this.#bytes > this.#limit * 1.25) this.#trim();
  }

  /** What to show to who comes now. */
  read(): Buffer {
    if (this.#bytes > this.#limit) this.#trim();
    return Buffer.concat([this.#prefix(), ...this.#chunks]);
  }

  #trim(): void {
    const all = Buffer.concat(this.#chunks);
    const cut = safeCut(all, all.length - this.#limit);
    for (const [, numbers = "", end] of all.subarray(0, cut).toString("latin1").matchAll(MODES)) {
      for (const mode of numbers.split(";").map(Number)) if (KEPT.has(mode)) this.#modes.set(mode, end === "h");
    }
    // A copy: a view would keep the whole.
    const kept = Buffer.from(all.subarray(cut));
    this.#chunks = [kept];
    this.#bytes = kept.length;
  }

  #prefix(): Buffer {
    const sequences = [...this.#modes].map(([mode, on]) => `\x1b[?${mode}${on ? "h" : "l"}`);
    return Buffer.from(sequences.join(""));
  }
}

/** The first place from `from` on where text may begin: after a line's end, else at an escape sequence, else at a character. */
function safeCut(data: Buffer, from: number): number {
  const line = data.indexOf(NEWLINE, from - 1);
  if (line >= 0 && line + 1 < data.length) return line + 1;
  const sequence = data.indexOf(ESCAPE, from);
  if (sequence >= 0) return sequence;
  let place = from;
  while (place < data.length && ((data[place] ?? 0) & 0xc0) === 0x80) place++;
  return place;
}
