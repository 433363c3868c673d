import { Transform, type TransformCallback } from "node:stream";
import { BerthError } from "@berth/protocol/errors";

export interface ByteRange {
  readonly from: number;
  readonly length: number;
}

/** Of a `Range` header and a size; null where all of it is meant: several ranges, other units and what can't be read are overlooked, as HTTP says. Throws RANGE_INVALID. */
export function rangeOf(header: string, size: number): ByteRange | null {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
  const [, first = "", last = ""] = found ?? [];
  if (first === "" && last === "") return null;
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === "" || last === "" ? size - 1 : Math.min(size - 1, Number(last));
  if (first !== "" && last !== "" && Number(last) < Number(first)) return null;
  if (from >= size || to < from) throw new BerthError("RANGE_INVALID", `The file has ${size} bytes, and the range begins beyond them`);
  return { from, length: to - from + 1 };
}

/** Lets `length` bytes through after the first `skip`. Errs where there are fewer: half is never taken for whole. */
export class ByteWindow extends Transform {
  #skip: number;
  #left: number;

  constructor(skip: number, length: number) {
    super();
    this.#skip = skip;
    this.#left = length;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    const from = Math.min(this.#skip, chunk.length);
    this.#skip -= from;
    const part = chunk.subarray(from, from + this.#left);
    this.#left -= part.length;
    done(null, part);
  }

  override _flush(done: TransformCallback): void {
    done(this.#left > 0 ? new Error(`${this.#left} bytes of what was to be read are missing`) : null);
  }
}
