import { formatBytes } from "../../format/quantity";
import type { Outputs } from "../../trpc/client";
import { CapacityBar } from "../agents/capacity-bar";
import { Card } from "../data/panel";

export type Usage = Outputs["account"]["usage"];

const cores = (millicores: number) => String(Math.round(millicores / 10) / 100);
const bars = [
  { key: "sessions", label: "Sessions", words: String },
  { key: "cpuMillicores", label: "CPU", words: cores },
  { key: "memoryBytes", label: "Memory", words: formatBytes },
  { key: "storageBytes", label: "Storage of homes", words: formatBytes },
] as const;

/** What a person has, of what they may have. */
export function UsageBars({ usage }: { usage: Usage }) {
  return (
    <Card className="grid grid-cols-1 gap-x-8 gap-y-4 p-4 sm:grid-cols-2">
      {bars.map(({ key, label, words }) => {
        const { used, limit } = usage[key];
        return (
          <CapacityBar
            key={key}
            label={label}
            words={limit === null ? `${words(used)}, no limit` : `${words(used)} of ${words(limit)}`}
            // Of nothing, everything is used.
            reserved={limit === 0 ? 1 : used}
            limit={limit === 0 ? 1 : limit}
          />
        );
      })}
    </Card>
  );
}
