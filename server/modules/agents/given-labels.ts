import { z } from "zod";

const keptLabels = z.record(z.string(), z.string()).catch({});

/** Labels as they are kept. */
export const labelsOf = (kept: unknown): Record<string, string> => keptLabels.parse(kept);

interface Said {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly capabilities?: readonly string[] | undefined;
}

/** What is left of an agent's labels and capabilities without what was given to it: what it says of itself, as far as that is known. */
export function withoutGiven(row: {
  readonly labels: unknown;
  readonly capabilities: readonly string[];
  readonly givenLabels: unknown;
  readonly givenCapabilities: readonly string[];
}): { labels: Record<string, string>; capabilities: string[] } {
  const given = labelsOf(row.givenLabels);
  return {
    labels: Object.fromEntries(Object.entries(labelsOf(row.labels)).filter(([name]) => !(name in given))),
    capabilities: row.capabilities.filter((one) => !row.givenCapabilities.includes(one)),
  };
}

/** What an agent says of itself, and over it what its registration token gave it. */
export function withGiven(
  given: { readonly givenLabels: unknown; readonly givenCapabilities: readonly string[] },
  said: Said,
): { labels: Record<string, string> | undefined; capabilities: string[] | undefined } {
  const labels = labelsOf(given.givenLabels);
  const { givenCapabilities } = given;
  const named = Object.keys(labels).length > 0;
  return {
    labels: said.labels || named ? { ...said.labels, ...labels } : undefined,
    capabilities:
      said.capabilities || givenCapabilities.length > 0 ? [...new Set([...(said.capabilities ?? []), ...givenCapabilities])] : undefined,
  };
}
