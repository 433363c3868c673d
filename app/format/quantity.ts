import { parseCpu, parseDuration, parseMemory } from "@berth/protocol/quantity-text";
import { formatSpan } from "./time";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `0 B`, `512 MiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${trimmed(value)} ${UNITS[unit]}`;
}

/** Cores: `0.5 CPU`, `2 CPU`. */
export const formatCores = (cores: number): string => `${trimmed(cores)} CPU`;

/** A contract's memory quantity (`2Gi`) for people; text that is none is shown as it is. */
export function memoryWords(quantity: string): string {
  const bytes = parseMemory(quantity);
  return bytes === null ? quantity : formatBytes(bytes);
}

/** A contract's CPU quantity (`1500m`) for people. */
export function cpuWords(quantity: string): string {
  const millicores = parseCpu(quantity);
  return millicores === null ? quantity : formatCores(millicores / 1000);
}

/** A contract's duration (`1h30m`) for people; `0` is never. */
export function durationWords(quantity: string): string {
  const seconds = parseDuration(quantity);
  if (seconds === null) return quantity;
  if (seconds === 0) return "never";
  return seconds < 60 ? `${seconds} s` : formatSpan(seconds * 1000);
}

export function formatPercent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

/** `1 session`, `2 sessions`. */
export function counted(amount: number, one: string, many = `${one}s`): string {
  return `${amount.toLocaleString("en-GB")} ${amount === 1 ? one : many}`;
}

function trimmed(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value.toFixed(value >= 10 ? 1 : 2).replace(/\.?0+$/, "");
}

/** What is typed as a whole number; anything else stays as it is, for a schema to refuse. */
export const wholeNumber = (text: string): unknown => (/^\d+$/.test(text.trim()) ? Number(text) : text);
