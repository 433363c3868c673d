/** A 3 by 5 letter shape in 15 bits, row by row from the top left; enough for a person to read what was typed. */
const SHAPES: Record<string, number> = {
  "0": 0x7b6f,
  "1": 0x2c97,
  "2": 0x73e7,
  "3": 0x73cf,
  "4": 0x5bc9,
  "5": 0x79cf,
  "6": 0x79ef,
  "7": 0x7249,
  "8": 0x7bef,
  "9": 0x7bcf,
  a: 0x2bed,
  b: 0x6bae,
  c: 0x3923,
  d: 0x6b6e,
  e: 0x79a7,
  f: 0x79a4,
  g: 0x396b,
  h: 0x5bed,
  i: 0x7497,
  j: 0x126a,
  k: 0x5bad,
  l: 0x4927,
  m: 0x5f6d,
  n: 0x7b6d,
  o: 0x2b6a,
  p: 0x6ba4,
  q: 0x2b73,
  r: 0x6bad,
  s: 0x388e,
  t: 0x7492,
  u: 0x5b6f,
  v: 0x5b6a,
  w: 0x5b7d,
  x: 0x5aad,
  y: 0x5a92,
  z: 0x72a7,
};

/** Unknown characters differ by their code. */
export function glyphOf(character: string): number {
  return SHAPES[character.toLowerCase()] ?? ((character.codePointAt(0) ?? 0) * 2654435761) & 0x7fff;
}
