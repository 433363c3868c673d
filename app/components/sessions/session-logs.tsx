"use client";
import { Check, Copy, Download } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Outputs } from "../../trpc/client";
import { Button, IconButton } from "../controls/button";
import { useCopy } from "../data/copy-text";
import { FailurePanel } from "../feedback/failure-panel";
import { Bone } from "../feedback/skeleton";
import { useCurrentUser } from "../shell/user-context";
import { logText } from "./log-lines";
import { type SessionLog, useSessionLog } from "./use-session-log";

type Detail = Outputs["sessions"]["get"];

const TAILS = [100, 500, 5000];

/** What the session's container prints. Another person's is read on request, since they are told. */
export function SessionLogs({ session }: { session: Detail }) {
  const user = useCurrentUser();
  const [asked, setAsked] = useState(session.user === user.username);
  if (asked) return <Log session={session} />;
  return (
    <div className="flex flex-col items-start gap-3 p-4">
      <p className="text-ink-soft">
        This may hold what {session.user} typed. That you read it is written into the audit log and into the session's timeline.
      </p>
      <Button size="small" onClick={() => setAsked(true)}>
        Read the log
      </Button>
    </div>
  );
}

function Log({ session }: { session: Detail }) {
  const [tail, setTail] = useState(TAILS[0] ?? 100);
  const [follow, setFollow] = useState(true);
  const [timestamps, setTimestamps] = useState(false);
  const [turn, setTurn] = useState(0);
  const log = useSessionLog({ id: session.id, tail, follow, turn });
  const again = () => setTurn(turn + 1);
  const text = logText(log.entries, timestamps);
  const { copied, copy } = useCopy(text);

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-1.5 text-sm">
        <Toggle label="Follow" checked={follow} onChange={setFollow} />
        <Toggle label="Timestamps" checked={timestamps} onChange={setTimestamps} />
        <label className="flex items-center gap-1.5">
          Last
          <select
            value={tail}
            onChange={(event) => setTail(Number(event.target.value))}
            className="h-7 rounded border border-line-strong bg-surface px-1"
          >
            {TAILS.map((count) => (
              <option key={count} value={count}>
                {count}
              </option>
            ))}
          </select>
        </label>
        <span className="ml-auto flex">
          <IconButton label={copied ? "Copied" : "Copy the log"} disabled={text === ""} onClick={copy}>
            {copied ? <Check aria-hidden className="size-4 text-running" /> : <Copy aria-hidden className="size-4" />}
          </IconButton>
          <IconButton label="Download the log" disabled={text === ""} onClick={() => saveText(`${session.name}.log`, text)}>
            <Download aria-hidden className="size-4" />
          </IconButton>
        </span>
      </div>
      {log.state === "failed" ? (
        <div className="overflow-y-auto p-4">
          <FailurePanel error={log.error} title="The log could not be read" onRetry={again} />
        </div>
      ) : (
        <Lines log={log} timestamps={timestamps} />
      )}
      {log.state === "failed" ? null : <Standing log={log} onAgain={again} />}
    </div>
  );
}

function Toggle({ label, checked, onChange }: { label: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label className="flex items-center gap-1.5">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} className="size-4 accent-accent" />
      {label}
    </label>
  );
}

/** Stays at the end as long as one is there. */
function Lines({ log: { entries, state }, timestamps }: { log: SessionLog; timestamps: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const top = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies(entries): new lines move the end
  // biome-ignore lint/correctness/useExhaustiveDependencies(timestamps): and so does what is shown of them
  useLayoutEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [entries, timestamps]);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const resized = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
    });
    resized.observe(element);
    return () => resized.disconnect();
  });
  if (state === "reading" && entries.length === 0) {
    return (
      <div className="flex flex-1 flex-col gap-2 p-4">
        {["w-5/6", "w-2/3", "w-3/4"].map((width) => (
          <Bone key={width} className={`h-3 ${width}`} />
        ))}
      </div>
    );
  }
  if (entries.length === 0) return <p className="flex-1 p-4 text-ink-soft">Nothing was printed yet.</p>;
  return (
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
        atEnd.current = near || (atEnd.current && scrollTop >= top.current);
        top.current = scrollTop;
      }}
      className="min-h-0 flex-1 overflow-y-auto bg-sunken px-4 py-2 font-mono text-xs leading-5"
    >
      {entries.map(({ number, at, text }) => (
        <div key={number} className="whitespace-pre-wrap wrap-anywhere">
          {timestamps && at !== null ? <span className="text-ink-soft select-none">{at} </span> : null}
          {text || " "}
        </div>
      ))}
    </div>
  );
}

const standing: Record<SessionLog["state"], string> = {
  reading: "Reading",
  following: "New lines appear as they are printed",
  ended: "That is all",
  broken: "The log broke off",
  failed: "",
};

function Standing({ log: { state, problem }, onAgain }: { log: SessionLog; onAgain: () => void }) {
  return (
    <div className="flex min-h-9 shrink-0 items-center justify-between gap-3 border-t border-line px-4 py-1 text-sm text-ink-soft">
      <span role="status" className="wrap-anywhere">
        {standing[state]}
        {problem === null ? "" : `: ${problem}`}
      </span>
      {state === "ended" || state === "broken" ? (
        <Button size="small" look="quiet" onClick={onAgain}>
          Read again
        </Button>
      ) : null}
    </div>
  );
}

function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replace(/[^\p{L}\p{N}._-]+/gu, "-");
  link.click();
  // The browser has read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
