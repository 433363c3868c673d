"use client";
import { Check, Copy } from "lucide-react";
import { useLayoutEffect, useRef, useState } from "react";
import { IconButton } from "../controls/button";
import { useCopy } from "../data/copy-text";
import { Panel } from "../data/panel";
import { useTimes } from "../data/use-times";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import type { LogLine, TaskDetail } from "./task-steps";
import { isOver } from "./task-words";
import { useTaskLog } from "./use-task-log";

const tones: Record<LogLine["level"], string> = { debug: "text-ink-faint", info: "", warn: "text-warning", error: "text-failed" };

const logText = (lines: readonly LogLine[]): string =>
  lines.map(({ at, level, message }) => `${at} ${level.toUpperCase().padEnd(5)} ${message}\n`).join("");

/** What the agent said of it and what became of it; stays at the end as long as one is there. */
export function TaskLog({ task }: { task: TaskDetail }) {
  const [turn, setTurn] = useState(0);
  const log = useTaskLog(task, turn);
  const { copied, copy } = useCopy(logText(log.lines));
  return (
    <Panel
      title="Log"
      action={
        log.lines.length > 0 ? (
          <IconButton label={copied ? "Copied" : "Copy the log"} onClick={copy} className="-my-1">
            {copied ? <Check aria-hidden className="size-4 text-running" /> : <Copy aria-hidden className="size-4" />}
          </IconButton>
        ) : null
      }
    >
      {log.state === "failed" ? (
        <FailurePanel error={log.error} title="The log could not be read" onRetry={() => setTurn(turn + 1)} />
      ) : null}
      {log.lines.length > 0 ? (
        <Lines lines={log.lines} />
      ) : log.state === "reading" && task.logLines > 0 ? (
        <output aria-label="Loading" className="flex flex-col gap-2 rounded-lg border border-line bg-sunken p-4">
          {["w-5/6", "w-2/3", "w-3/4"].map((width) => (
            <Bone key={width} className={`h-3 ${width}`} />
          ))}
        </output>
      ) : log.state === "failed" ? null : (
        <p className="text-ink-soft">
          {isOver(task.state) ? "Nothing was said of it." : "Nothing was said of it yet. Lines appear here as they come."}
        </p>
      )}
    </Panel>
  );
}

function Lines({ lines }: { lines: readonly LogLine[] }) {
  const times = useTimes();
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies(lines): new lines move the end
  useLayoutEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  return (
    <div
      ref={box}
      role="log"
      aria-label="Log"
      aria-live="off"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
      className="max-h-96 overflow-y-auto rounded-lg border border-line bg-sunken px-4 py-2 font-mono text-xs leading-5"
    >
      {lines.map(({ number, at, level, message }) => (
        <div key={number} className={`whitespace-pre-wrap wrap-anywhere ${tones[level]}`}>
          <time dateTime={at} title={times?.exact(Date.parse(at))} className="mr-3 text-ink-soft select-none">
            {times?.clock(Date.parse(at)) ?? ""}
          </time>
          {level === "warn" || level === "error" ? <span className="font-semibold">{level} </span> : null}
          {message}
        </div>
      ))}
    </div>
  );
}
