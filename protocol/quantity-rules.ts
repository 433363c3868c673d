import { parseCpu, parseDuration, parseMemory } from "./quantity-text";

/** What a quantity may be, where it is asked for. */
export interface QuantityRule {
  readonly name: string;
  readonly example: string;
  readonly parse: (text: string) => number | null;
  readonly min: number;
  readonly max: number;
  readonly words: string;
}

const rule = (name: string, example: string, parse: QuantityRule["parse"], [min, max]: [number, number], words: string): QuantityRule => ({
  name,
  example,
  parse,
  min,
  max,
  words,
});
export const memoryRule = rule("memory", "512Mi or 2Gi", parseMemory, [2 ** 25, 2 ** 42], "between 32Mi and 4Ti");
export const cpuRule = rule("CPU", "500m or 2", parseCpu, [10, 512_000], "between 10m and 512");
export const storageRule = rule("storage", "10Gi", parseMemory, [0, 2 ** 50], "at most 1024Ti");
/** `0` switches it off. */
export const idleTimeoutRule = rule("duration", "30m or 1h30m", parseDuration, [0, 30 * 86_400], "at most 30d");

/** What is wrong with a text as such a quantity, in words; null where nothing is. */
export function quantityProblem({ name, example, parse, min, max, words }: QuantityRule, text: string): string | null {
  const value = parse(text);
  if (value === null) return `'${text}' is not a ${name} quantity; write it as ${example}`;
  return value < min || value > max ? `${name} must be ${words}, not ${text}` : null;
}
