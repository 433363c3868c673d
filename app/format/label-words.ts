import { LABEL_NAME, MAX_CAPABILITIES, MAX_CAPABILITY, MAX_LABEL_VALUE, MAX_LABELS } from "@berth/protocol/agent-wish-text";

/** `gpu=yes, zone=a` as labels, or what is wrong with it. What comes after the first `=` is the value, which may be empty. */
export function labelsOf(text: string): { labels: Record<string, string>; problem: null } | { labels: null; problem: string } {
  const wrong = (problem: string) => ({ labels: null, problem });
  const labels = new Map<string, string>();
  for (const part of wordsOf(text)) {
    const [key = "", ...rest] = part.split("=").map((word) => word.trim());
    const value = rest.join("=");
    if (rest.length === 0 || !LABEL_NAME.test(key)) return wrong(`'${part.slice(0, 50)}' is no label: write it as name=value`);
    if (value.length > MAX_LABEL_VALUE) return wrong(`${key} has more than ${MAX_LABEL_VALUE} characters`);
    if (labels.has(key)) return wrong(`${key} is there twice`);
    labels.set(key, value);
  }
  if (labels.size > MAX_LABELS) return wrong(`must be at most ${MAX_LABELS} labels`);
  return { labels: Object.fromEntries(labels), problem: null };
}

export const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");

/** What is wrong with a list of capabilities, or null. */
export function capabilitiesProblem(text: string): string | null {
  const words = wordsOf(text);
  if (words.length > MAX_CAPABILITIES) return `must be at most ${MAX_CAPABILITIES} of them`;
  return words.some((word) => word.length > MAX_CAPABILITY) ? `each must be at most ${MAX_CAPABILITY} characters` : null;
}

/** What stands between commas. */
export const wordsOf = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);
