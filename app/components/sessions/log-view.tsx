"use client";
import { ArrowDown } from "lucide-react";
import { memo, useEffect, useLayoutEffect, useRef } from "react";
import { counted } from "../../format/quantity";
import { PressButton } from "../controls/press-button";
import { Bone } from "../feedback/skeleton";
import { type LogEntry, marked } from "./log-lines";

interface LogViewProps {
  readonly entries: readonly LogEntry[];
  readonly reading: boolean;
  /** Why there is nothing, where there is nothing. */
  readonly empty: string;
  readonly timestamps: boolean;
  readonly wrap: boolean;
  readonly words: string;
  /** The number of the line that the search is at. */
  readonly current: number | null;
  /** Stays at the end. */
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  /** Lines that came since it does not. */
  readonly fresh: number;
}

/** Lines out of sight are not drawn: a browser lays thousands of them out as one scrolls there. */
export function LogView({ entries, reading, empty, timestamps, wrap, words, current, follow, onFollow, fresh }: LogViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const top = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies(entries): new lines move the end
  // biome-ignore lint/correctness/useExhaustiveDependencies(timestamps): and so does what is shown of them
  // biome-ignore lint/correctness/useExhaustiveDependencies(wrap): and how
  useLayoutEffect(() => {
    if (box.current && follow) box.current.scrollTop = box.current.scrollHeight;
  }, [entries, timestamps, wrap, follow]);
  useEffect(() => {
    const element = box.current;
    if (!element || !follow) return;
    const resized = new ResizeObserver(() => {
      element.scrollTop = element.scrollHeight;
    });
    resized.observe(element);
    return () => resized.disconnect();
  });
  useEffect(() => {
    if (current !== null) box.current?.querySelector(`[data-line="${current}"]`)?.scrollIntoView({ block: "center" });
  }, [current]);
  if (reading && entries.length === 0)
    return (
      <div className="flex flex-1 flex-col gap-2 p-4">
        {["w-5/6", "w-2/3", "w-3/4"].map((width) => (
          <Bone key={width} className={`h-3 ${width}`} />
        ))}
      </div>
    );
  if (entries.length === 0) return <p className="flex-1 p-4 text-ink-soft">{empty}</p>;
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div
        ref={box}
        role="log"
        aria-label="Log"
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          // What grows below, by a narrower window as well, moves nobody away from the end; scrolling up does.
          const near = scrollHeight - scrollTop - clientHeight < 24;
          if (follow && !near && scrollTop < top.current) onFollow(false);
          top.current = scrollTop;
        }}
        className="min-h-0 flex-1 overflow-auto bg-sunken px-4 py-2 font-mono text-xs leading-5"
      >
        {entries.map((entry) => (
          <Line key={entry.number} entry={entry} timestamps={timestamps} wrap={wrap} words={words} current={current === entry.number} />
        ))}
      </div>
      {fresh > 0 ? (
        <PressButton
          onClick={() => onFollow(true)}
          className="absolute bottom-3 left-1/2 inline-flex -translate-x-1/2 items-center gap-1.5 rounded-full border border-line-strong bg-raised px-3 py-1 text-sm shadow-md shadow-black/10 hover:bg-hover"
        >
          <ArrowDown aria-hidden className="size-3.5" />
          {counted(fresh, "new line")}
        </PressButton>
      ) : null}
    </div>
  );
}

const tones = { stdout: "", stderr: "border-l-2 border-failed/60 -ml-2 pl-1.5", berth: "text-ink-soft italic" } as const;

interface LineProps {
  readonly entry: LogEntry;
  readonly timestamps: boolean;
  readonly wrap: boolean;
  readonly words: string;
  readonly current: boolean;
}

const Line = memo(function Line({ entry: { number, at, stream, text }, timestamps, wrap, words, current }: LineProps) {
  const pieces = words === "" ? null : marked(text, words);
  return (
    <div
      data-line={number}
      title={stream === "stderr" ? "stderr" : undefined}
      className={`[contain-intrinsic-size:auto_1.25rem] [content-visibility:auto] ${wrap ? "whitespace-pre-wrap wrap-anywhere" : "w-max min-w-full whitespace-pre"} ${stream ? tones[stream] : ""} ${current ? "bg-hover" : ""}`}
    >
      {timestamps && at !== null ? <span className="text-ink-soft select-none">{at} </span> : null}
      {pieces
        ? pieces.map((piece) =>
            piece.hit ? (
              <mark key={piece.from} className="rounded-xs bg-warning-soft text-ink outline outline-warning/60">
                {piece.text}
              </mark>
            ) : (
              piece.text
            ),
          )
        : text || " "}
    </div>
  );
});
