"use client";
import type { SessionStats as Stats } from "@berth/protocol/session-stats";
import { useQuery } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useMemo, useState } from "react";
import { formatBytes, formatCores } from "../../format/quantity";
import { type Outputs, useTRPC } from "../../trpc/client";
import { LineChart } from "../data/line-chart";
import { usePageVisible } from "../data/use-page-visible";
import { useTimes } from "../data/use-times";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import { useCurrentUser } from "../shell/user-context";
import { SessionHealth } from "./session-health";
import { rate, statsSeries, unitFor } from "./stats-series";

type Detail = Outputs["sessions"]["get"];

/** Seconds that are kept of what came live, beside the samples of the hour. */
const LIVE_KEPT = 120;
const HOUR_SECONDS = 3600;

/** How a session is and what it uses: the last hour and, while somebody looks, each second. */
export function SessionStats({ session }: { session: Detail }) {
  return (
    <div className="flex flex-col gap-6">
      <SessionHealth session={session} />
      {session.status.phase === "Running" ? (
        <RunningStats id={session.id} key={String(session.status.startedAt)} />
      ) : (
        <p className="rounded-lg border border-dashed border-line-strong/60 px-4 py-6 text-center text-ink-soft">
          {session.status.phase === "Unreachable"
            ? "Its agent can't be asked now what it uses."
            : "It does not run, so it uses nothing. What it used is counted anew when it runs again."}
        </p>
      )}
    </div>
  );
}

function RunningStats({ id }: { id: string }) {
  const trpc = useTRPC();
  const visible = usePageVisible();
  const [live, setLive] = useState<readonly Stats[]>([]);
  const [broken, setBroken] = useState(false);
  const past = useQuery(trpc.containers.stats.queryOptions({ containerId: id }, { refetchInterval: visible ? 30_000 : false }));
  useSubscription(
    trpc.containers.liveStats.subscriptionOptions(
      { containerId: id },
      {
        enabled: visible && past.isSuccess,
        onData: (stats) => {
          setBroken(false);
          setLive((before) => [...before.slice(1 - LIVE_KEPT), stats]);
        },
        onError: () => setBroken(true),
      },
    ),
  );
  if (past.data) return <Charts past={past.data} live={live} paused={broken} />;
  if (past.isError)
    return (
      <FailurePanel error={past.error} title="What it uses could not be read" onRetry={() => void past.refetch()} busy={past.isFetching} />
    );
  return (
    <output aria-label="Loading" className="grid grid-cols-1 gap-4 xl:grid-cols-2">
      {["cpu", "memory", "network", "disk"].map((chart) => (
        <Bone key={chart} className="h-44" />
      ))}
    </output>
  );
}

interface ChartsProps {
  past: Outputs["containers"]["stats"];
  live: readonly Stats[];
  paused: boolean;
}

const speed = (bytes: number | null) => (bytes === null ? "not known yet" : `${formatBytes(Math.round(bytes))}/s`);

function Charts({ past, live, paused }: ChartsProps) {
  const { timeZone } = useCurrentUser();
  const [point, setPoint] = useState<number | null>(null);
  const { history } = past;
  const now = live.at(-1) ?? past;
  const before = live.at(-2);
  const series = useMemo(() => statsSeries([...history, now]), [history, now]);
  const to = Date.parse(now.at) / 1000;
  const from = Math.min(to - 300, Math.max(to - HOUR_SECONDS, series.times[0] ?? to));
  const seconds = before ? to - Date.parse(before.at) / 1000 : 0;
  const flow = (read: (stats: Stats) => number | undefined) => (before ? rate(read(before), read(now), seconds) : null);
  const { cpu, memory, pids } = now;
  const memoryUnit = unitFor([...series.memory, memory.limitBytes]);
  const cpuLimit = cpu.limit === null ? null : 100 * cpu.limit;
  const networkUnit = unitFor(series.network);
  const diskUnit = unitFor(series.disk);
  const common = { times: series.times, from, to, timeZone, point, onPoint: setPoint };
  const inUnit = (values: readonly (number | null)[], bytes: number) => values.map((value) => (value === null ? null : value / bytes));
  return (
    <div className="flex flex-col gap-4">
      {paused ? (
        <p className="text-sm text-ink-soft">The figures are not live: the way to its agent broke. They are read again shortly.</p>
      ) : null}
      <div className="grid grid-cols-1 gap-x-6 gap-y-5 xl:grid-cols-2">
        <Chart
          title="CPU"
          now={
            cpu.percent === null
              ? "not known yet"
              : `${Math.round(cpu.percent)} %${cpu.limit === null ? "" : ` of ${formatCores(cpu.limit)}`}`
          }
        >
          <LineChart {...common} values={series.cpu} top={cpuLimit} limit={cpuLimit} />
        </Chart>
        <Chart
          title={`Memory, ${memoryUnit.word}`}
          now={`${formatBytes(memory.usedBytes)}${memory.limitBytes === null ? "" : ` of ${formatBytes(memory.limitBytes)}`}`}
        >
          <LineChart
            {...common}
            values={inUnit(series.memory, memoryUnit.bytes)}
            top={memory.limitBytes === null ? null : memory.limitBytes / memoryUnit.bytes}
            limit={memory.limitBytes === null ? null : memory.limitBytes / memoryUnit.bytes}
          />
        </Chart>
        <Chart
          title={`Network, ${networkUnit.word}/s`}
          now={
            now.network
              ? `in ${speed(flow(({ network }) => network?.receivedBytes))} · out ${speed(flow(({ network }) => network?.sentBytes))}`
              : "it has no network"
          }
        >
          <LineChart {...common} values={inUnit(series.network, networkUnit.bytes)} top={null} />
        </Chart>
        <Chart
          title={`Disk, ${diskUnit.word}/s`}
          now={
            now.disk
              ? `read ${speed(flow(({ disk }) => disk?.readBytes))} · written ${speed(flow(({ disk }) => disk?.writtenBytes))}`
              : "its engine does not count"
          }
        >
          <LineChart {...common} values={inUnit(series.disk, diskUnit.bytes)} top={null} />
        </Chart>
        <Chart title="Processes" now={`${pids.current}${pids.limit === null ? "" : ` of ${pids.limit.toLocaleString("en-GB")}`}`}>
          <LineChart {...common} values={series.processes} top={null} />
        </Chart>
      </div>
      <LastHour history={history} />
    </div>
  );
}

function Chart({ title, now, children }: { title: string; now: string; children: React.ReactNode }) {
  return (
    <figure className="flex min-w-0 flex-col gap-2">
      <figcaption className="flex flex-wrap items-baseline justify-between gap-x-3 text-sm">
        <span className="font-medium">{title}</span>
        <span className="tabular text-ink-soft">{now}</span>
      </figcaption>
      {children}
    </figure>
  );
}

/** The charts' lines for whoever doesn't see them: a row for each five minutes. */
function LastHour({ history }: { history: readonly Stats[] }) {
  const times = useTimes();
  const rows = history.filter((_, index) => index % 10 === 0);
  if (rows.length === 0 || !times) return null;
  return (
    <table className="sr-only">
      <caption>What it used in the last hour</caption>
      <thead>
        <tr>
          <th scope="col">At</th>
          <th scope="col">CPU</th>
          <th scope="col">Memory</th>
          <th scope="col">Processes</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ at, cpu, memory, pids }) => (
          <tr key={at}>
            <td>{times.clock(Date.parse(at))}</td>
            <td>{cpu.percent === null ? "not known" : `${Math.round(cpu.percent)} %`}</td>
            <td>{formatBytes(memory.usedBytes)}</td>
            <td>{pids.current}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
