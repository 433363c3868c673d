"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type Outputs, useTRPC } from "../../trpc/client";
import { Segmented } from "../controls/segmented";
import { LineChart } from "../data/line-chart";
import { Card, Panel } from "../data/panel";
import { useTimes } from "../data/use-times";
import { useUrlFilters } from "../data/use-url-filters";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import { useCurrentUser } from "../shell/user-context";
import { type UsageKind, type UsageSeries, usageSeries, usageSummary } from "./usage-series";

const ranges = [
  { value: "1", label: "1 h", hours: 1 },
  { value: "6", label: "6 h", hours: 6 },
  { value: "24", label: "24 h", hours: 24 },
] as const;
type Range = (typeof ranges)[number];

const read = (query: URLSearchParams): Range => ranges.find(({ value }) => value === query.get("hours")) ?? ranges[1];
const write = ({ value }: Range): string => (value === ranges[1].value ? "" : `hours=${value}`);

const percent = (value: number) => `${Math.round(value)} %`;
const charts: readonly { kind: UsageKind; title: string; top: number | null; words: (value: number) => string }[] = [
  { kind: "cpu", title: "CPU", top: 100, words: percent },
  { kind: "memory", title: "Memory", top: 100, words: percent },
  { kind: "disk", title: "Disk", top: 100, words: percent },
  { kind: "sessions", title: "Sessions", top: null, words: String },
];

/** What the agent's host was used by lately. */
export function AgentUsage({ agentId }: { agentId: string }) {
  const trpc = useTRPC();
  const [range, setRange] = useUrlFilters(read, write);
  const usage = useQuery(trpc.agents.usage.queryOptions({ id: agentId, hours: range.hours }, { placeholderData: keepPreviousData }));
  return (
    <Panel
      title="Usage"
      action={
        <Segmented
          label="Time range"
          value={range.value}
          options={ranges}
          onChange={(value) => setRange(ranges.find((one) => one.value === value) ?? range)}
        />
      }
    >
      {usage.data ? (
        usage.data.samples.length > 0 ? (
          <UsageCharts usage={usage.data} />
        ) : (
          <NothingHeard />
        )
      ) : usage.isError ? (
        <FailurePanel
          error={usage.error}
          title="The usage could not be read"
          onRetry={() => void usage.refetch()}
          busy={usage.isFetching}
        />
      ) : (
        <output aria-label="Loading" className="grid grid-cols-1 gap-3 lg:grid-cols-2">
          {charts.map(({ kind }) => (
            <Bone key={kind} className="h-50" />
          ))}
        </output>
      )}
    </Panel>
  );
}

/** As high as the charts, so that nothing below moves when it turns out that there are none. */
function NothingHeard() {
  return (
    <div className="grid grid-cols-1 gap-3 lg:grid-cols-2">
      {charts.map(({ kind, title }) => (
        <Card key={kind} className="flex h-50 min-w-0 flex-col p-4 text-sm">
          <p className="font-medium">{title}</p>
          <p className="my-auto text-center text-ink-soft">
            {kind === "cpu"
              ? "Nothing was heard of the host in this time. Its agent tells with each heartbeat; the first minute is shown when it is over."
              : "Nothing was heard in this time"}
          </p>
        </Card>
      ))}
    </div>
  );
}

function UsageCharts({ usage }: { usage: Outputs["agents"]["usage"] }) {
  const { timeZone } = useCurrentUser();
  const series = useMemo(() => usageSeries(usage), [usage]);
  const [from, to] = [Date.parse(usage.from) / 1000, Date.parse(usage.to) / 1000];
  const [point, setPoint] = useState<number | null>(null);
  return (
    <div className="grid grid-cols-1 gap-3 lg:grid-cols-2">
      {charts.map(({ kind, title, top, words }) => (
        <Card key={kind} className="min-w-0 p-4">
          <figure className="flex flex-col gap-2">
            <Caption title={title} series={series} kind={kind} words={words} point={point} />
            <LineChart
              times={series.times}
              values={series.values[kind]}
              from={from}
              to={to}
              top={top}
              timeZone={timeZone}
              point={point}
              onPoint={setPoint}
            />
          </figure>
        </Card>
      ))}
    </div>
  );
}

interface CaptionProps {
  title: string;
  series: UsageSeries;
  kind: UsageKind;
  words: (value: number) => string;
  point: number | null;
}

/** The chart in words, and the value under the pointer while there is one. */
function Caption({ title, series, kind, words, point }: CaptionProps) {
  const times = useTimes();
  const summary = usageSummary(series, kind);
  const at = point === null ? undefined : series.times[point];
  const value = point === null ? undefined : series.values[kind][point];
  return (
    <figcaption className="flex flex-wrap items-baseline justify-between gap-x-3 text-sm">
      <span className="font-medium">{title}</span>
      {at !== undefined && value !== undefined && times ? (
        <span aria-hidden className="tabular text-ink-soft">
          {value === null ? "not heard of" : words(value)} at {times.clock(at * 1000)}
        </span>
      ) : (
        <span className="tabular text-ink-soft">
          {summary
            ? `${words(summary.last)} now · ${words(kind === "sessions" ? Math.round(summary.mean) : summary.mean)} on average · highest ${words(summary.highest)}${times ? ` at ${times.clock(summary.highestAt * 1000)}` : ""}`
            : "The agent does not tell"}
        </span>
      )}
    </figcaption>
  );
}
