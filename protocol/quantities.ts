/** Schemas of quantities; how they are read and written is in `quantity-text.ts`. */
import { z } from "zod";
import { parseCpu, parseDuration, parseMemory } from "./quantity-text";

export { formatCpu, formatDuration, formatMemory, parseCpu, parseDuration, parseMemory } from "./quantity-text";

const quantity = (
  name: string,
  example: string,
  parse: (text: string) => number | null,
  limits: { min: number; max: number; words: string },
) =>
  z
    .string()
    .max(40)
    .superRefine((text, context) => {
      const value = parse(text);
      if (value === null) context.addIssue({ code: "custom", message: `'${text}' is not a ${name} quantity; write it as ${example}` });
      else if (value < limits.min || value > limits.max)
        context.addIssue({ code: "custom", message: `${name} must be ${limits.words}, not ${text}` });
    });

export const memoryQuantitySchema = quantity("memory", "512Mi or 2Gi", parseMemory, {
  min: 2 ** 25,
  max: 2 ** 42,
  words: "between 32Mi and 4Ti",
});
export const cpuQuantitySchema = quantity("CPU", "500m or 2", parseCpu, { min: 10, max: 512_000, words: "between 10m and 512" });
export const storageQuantitySchema = quantity("storage", "10Gi", parseMemory, { min: 0, max: 2 ** 50, words: "at most 1024Ti" });
/** `0` switches it off; else 10 seconds to 30 days. */
export const idleTimeoutSchema = quantity("duration", "30m or 1h30m", parseDuration, { min: 0, max: 30 * 86_400, words: "at most 30d" });

/** The quantity as a number; only for text that one of the schemas above let through. */
export function required(value: number | null, text: string): number {
  if (value === null) throw new RangeError(`not a quantity: ${text}`);
  return value;
}
