/** Schemas of quantities; how they are read and written is in `quantity-text.ts`. */
import { z } from "zod";
import { cpuRule, idleTimeoutRule, memoryRule, type QuantityRule, quantityProblem, storageRule } from "./quantity-rules";

export { formatCpu, formatDuration, formatMemory, parseCpu, parseDuration, parseMemory } from "./quantity-text";

const quantity = (rule: QuantityRule) =>
  z
    .string()
    .max(40)
    .superRefine((text, context) => {
      const message = quantityProblem(rule, text);
      if (message !== null) context.addIssue({ code: "custom", message });
    });

export const memoryQuantitySchema = quantity(memoryRule);
export const cpuQuantitySchema = quantity(cpuRule);
export const storageQuantitySchema = quantity(storageRule);
/** `0` switches it off; else up to 30 days. */
export const idleTimeoutSchema = quantity(idleTimeoutRule);

/** The quantity as a number; only for text that one of the schemas above let through. */
export function required(value: number | null, text: string): number {
  if (value === null) throw new RangeError(`not a quantity: ${text}`);
  return value;
}
