"use client";
import { useId, useSyncExternalStore } from "react";
import { IconButton } from "../controls/button";
import { Popover } from "../controls/popover";
import { latencyWords, rateWords, strengthOf } from "./connection-words";
import type { DesktopConnection } from "./desktop-connection";
import { type Quality, qualities, qualityWords } from "./quality";

interface ConnectionPanelProps {
  connection: DesktopConnection;
  quality: Quality;
  onQuality: (quality: Quality) => void;
}

const hints: Readonly<Record<Quality, string>> = {
  automatic: "follows the connection",
  sharp: "for reading and drawing",
  balanced: "for most things",
  low: "for phones and slow lines",
};

/** How good the connection is, in the bar; what that means in numbers, and what to do about it, one click away. */
export function ConnectionPanel({ connection, quality, onQuality }: ConnectionPanelProps) {
  const { meter } = connection;
  const reading = useSyncExternalStore(
    meter.subscribe,
    () => meter.reading,
    () => meter.reading,
  );
  const { bars, words } = strengthOf(reading);
  const latency = latencyWords(reading.latency);
  return (
    <Popover
      label="Connection"
      trigger={
        <IconButton label={`Connection: ${words}${reading.latency === null ? "" : `, ${latency}`}`} className="w-auto! gap-1.5 px-2">
          <Bars count={bars} />
          <span className="tabular hidden min-w-10 text-right text-xs sm:inline" data-latency={reading.latency ?? ""}>
            {latency}
          </span>
        </IconButton>
      }
    >
      <div className="flex flex-col gap-4">
        <h2 className="font-medium">
          Connection <span className="text-ink-soft">{words}</span>
        </h2>
        <dl className="tabular grid grid-cols-[1fr_auto] gap-y-1 text-sm">
          <Row name="To the agent and back" value={latency} />
          <Row name="Received" value={rateWords(reading.bytesPerSecond)} />
          <Row name="Pictures a second" value={String(Math.round(reading.picturesPerSecond))} />
          <Row name="Quality now" value={connection.quality.level.words} />
        </dl>
        <QualityChoice quality={quality} onQuality={onQuality} />
      </div>
    </Popover>
  );
}

function QualityChoice({ quality, onQuality }: Pick<ConnectionPanelProps, "quality" | "onQuality">) {
  const name = useId();
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 text-sm font-medium">Quality</legend>
      {qualities.map((one) => (
        <label key={one} className="flex min-h-7 cursor-pointer items-center gap-2.5 rounded-[5px] text-sm hover:bg-hover">
          <input type="radio" name={name} checked={one === quality} onChange={() => onQuality(one)} className="size-4 accent-accent" />
          {qualityWords[one]}
          <span className="ml-auto text-xs text-ink-faint">{hints[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt className="text-ink-soft">{name}</dt>
      <dd className="text-right">{value}</dd>
    </>
  );
}

const heights = ["h-1.5", "h-2.5", "h-3.5"];

function Bars({ count }: { count: number }) {
  return (
    <span aria-hidden className="flex items-end gap-0.5">
      {heights.map((height, index) => (
        <span key={height} className={`w-1 rounded-[1px] ${height} ${index < count ? "bg-current" : "bg-line-strong opacity-40"}`} />
      ))}
    </span>
  );
}
