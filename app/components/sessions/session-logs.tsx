"use client";
import { Check, Copy, Download } from "lucide-react";
import { useMemo, useState } from "react";
import type { Outputs } from "../../trpc/client";
import { Button, IconButton } from "../controls/button";
import { useCopy } from "../data/copy-text";
import { FailurePanel } from "../feedback/failure-panel";
import { useCurrentUser } from "../shell/user-context";
import { linesWith, logText, ofStream } from "./log-lines";
import { LogSearch } from "./log-search";
import { LogView } from "./log-view";
import { type SessionLog, useSessionLog } from "./use-session-log";

type Detail = Outputs["sessions"]["get"];

const TAILS = [100, 500, 5000];
const MINUTE = 60_000;
const BACKS: readonly (readonly [label: string, ms: number | null])[] = [
  ["any time", null],
  ["5 minutes", 5 * MINUTE],
  ["1 hour", 60 * MINUTE],
  ["1 day", 1440 * MINUTE],
];
type Stream = "all" | "stdout" | "stderr";
const STREAMS: readonly Stream[] = ["all", "stdout", "stderr"];

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
  const [back, setBack] = useState<number | null>(null);
  const [stream, setStream] = useState<Stream>("all");
  const [timestamps, setTimestamps] = useState(false);
  const [wrap, setWrap] = useState(true);
  const [words, setWords] = useState("");
  const [place, setPlace] = useState<number | null>(null);
  /** The newest line when whoever reads left the end; null: they are there. */
  const [left, setLeft] = useState<number | null>(null);
  const [turn, setTurn] = useState(0);
  const log = useSessionLog({ id: session.id, tail, back, turn });
  const entries = useMemo(() => ofStream(log.entries, stream), [log.entries, stream]);
  const found = useMemo(() => linesWith(entries, words), [entries, words]);
  const text = useMemo(() => logText(entries, timestamps), [entries, timestamps]);
  const { copied, copy } = useCopy(text);
  const at = place === null ? -1 : found.indexOf(place);
  const newest = entries.at(-1)?.number ?? 0;
  const again = () => {
    setLeft(null);
    setTurn(turn + 1);
  };
  const follow = (on: boolean) => setLeft(on ? null : newest);
  const step = (by: 1 | -1) => {
    if (found.length === 0) return;
    // The first look is at the newest.
    const next = at < 0 ? found.length - 1 : (at + by + found.length) % found.length;
    setPlace(found[next] ?? null);
    if (left === null) follow(false);
  };
  const fresh = left === null ? 0 : entries.reduce((count, { number }) => count + (number > left ? 1 : 0), 0);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-1.5 border-b border-line px-4 py-1.5 text-sm">
        <LogSearch
          words={words}
          onWords={(next) => {
            setWords(next);
            setPlace(null);
          }}
          count={found.length}
          at={at < 0 ? null : at}
          onStep={step}
        />
        <Toggle label="Follow" checked={left === null} onChange={follow} />
        <Toggle label="Timestamps" checked={timestamps} onChange={setTimestamps} />
        <Toggle label="Wrap" checked={wrap} onChange={setWrap} />
        <Choice label="Stream" value={stream} options={STREAMS.map((one) => [one, one])} onChange={setStream} />
        <Choice label="Last" value={tail} options={TAILS.map((count) => [String(count), count])} onChange={setTail} />
        <Choice label="Since" value={back} options={BACKS} onChange={setBack} />
        <span className="ml-auto flex items-center">
          <IconButton label={copied ? "Copied" : "Copy the log"} disabled={text === ""} onClick={copy}>
            {copied ? <Check aria-hidden className="size-4 text-running" /> : <Copy aria-hidden className="size-4" />}
          </IconButton>
          <a
            href={fileAddress(session.id, { timestamps, stream })}
            download
            aria-label="Download the log"
            title="Download all of the log"
            className="inline-flex size-8 items-center justify-center rounded-md text-ink-soft hover:bg-hover hover:text-ink"
          >
            <Download aria-hidden className="size-4" />
          </a>
        </span>
      </div>
      {log.state === "failed" ? (
        <div className="overflow-y-auto p-4">
          <FailurePanel error={log.error} title="The log could not be read" onRetry={again} />
        </div>
      ) : (
        <>
          <LogView
            entries={entries}
            reading={log.state === "reading"}
            empty={
              log.entries.length > 0
                ? `Nothing of this was printed to ${stream}.`
                : back === null
                  ? "Nothing was printed yet."
                  : "Nothing was printed since then."
            }
            timestamps={timestamps}
            wrap={wrap}
            words={words}
            current={at < 0 ? null : place}
            follow={left === null}
            onFollow={follow}
            fresh={fresh}
          />
          <Standing log={log} onAgain={again} />
        </>
      )}
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

interface ChoiceProps<Value> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [label: string, value: Value])[];
  readonly onChange: (value: Value) => void;
}

function Choice<Value>({ label, value, options, onChange }: ChoiceProps<Value>) {
  return (
    <label className="flex items-center gap-1.5">
      {label}
      <select
        value={options.findIndex(([, one]) => one === value)}
        onChange={(event) => {
          const chosen = options[Number(event.target.value)];
          if (chosen) onChange(chosen[1]);
        }}
        className="h-7 rounded border border-line-strong bg-surface px-1"
      >
        {options.map(([words], index) => (
          <option key={words} value={index}>
            {words}
          </option>
        ))}
      </select>
    </label>
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

/** Made by the control plane as it is read: as long as the log is. */
function fileAddress(id: string, { timestamps, stream }: { timestamps: boolean; stream: Stream }): string {
  const query = new URLSearchParams({ format: "text", timestamps: String(timestamps), ...(stream === "all" ? {} : { stream }) });
  return `/api/v1/sessions/${id}/logs/stream?${query}`;
}
