import { useEffect, useState } from "react";
import { useTRPCClient } from "../../trpc/client";
import { type LogEntry, withLines } from "./log-lines";

/** New lines are shown together, this often. */
const SHOW_EVERY_MS = 100;

export interface SessionLog {
  readonly entries: readonly LogEntry[];
  /** `following`: more may come. `ended`: the container has ended, or no more was asked for. `broken`: see `problem`. `failed`: see `error`. */
  readonly state: "reading" | "following" | "ended" | "broken" | "failed";
  readonly problem: string | null;
  readonly error: unknown;
}

const reading: SessionLog = { entries: [], state: "reading", problem: null, error: null };

export interface AskedLog {
  readonly id: string;
  readonly tail: number;
  /** Milliseconds back from now; null: however old. */
  readonly back: number | null;
  /** Another reads it anew. */
  readonly turn: number;
}

/**
 * A session's log from `tail` lines back, and what is printed from then on. Reads anew when anything changes, `turn` included. What a
 * browser doesn't tell of a WebSocket that was refused is asked for once more without one.
 */
export function useSessionLog({ id, tail, back, turn }: AskedLog): SessionLog {
  const client = useTRPCClient();
  const [log, setLog] = useState<SessionLog>(reading);
  // biome-ignore lint/correctness/useExhaustiveDependencies(turn): asks to read it again
  useEffect(() => {
    setLog(reading);
    const over = new AbortController();
    const since = back === null ? undefined : new Date(Date.now() - back).toISOString();
    const readOnce = () => {
      client.sessions.logs.query({ id, tail, timestamps: false, since }, { signal: over.signal }).then(
        ({ logs }) => over.signal.aborted || setLog({ ...reading, entries: withLines([], logs.map(plain)), state: "ended" }),
        (error: unknown) => over.signal.aborted || setLog({ ...reading, state: "failed", error }),
      );
    };
    const stop = followLog({ id, tail, since, refused: readOnce, change: setLog });
    return () => {
      over.abort();
      stop();
    };
  }, [client, id, tail, back, turn]);
  return log;
}

const plain = (text: string): string => JSON.stringify({ at: null, stream: null, text });

interface Following {
  readonly id: string;
  readonly tail: number;
  readonly since: string | undefined;
  readonly change: (change: (log: SessionLog) => SessionLog) => void;
  readonly refused: () => void;
}

function followLog({ id, tail, since, refused, change }: Following): () => void {
  const { protocol, host } = window.location;
  const query = new URLSearchParams({ follow: "true", format: "json", tail: String(tail), ...(since === undefined ? {} : { since }) });
  const socket = new WebSocket(`${protocol === "https:" ? "wss" : "ws"}://${host}/api/v1/sessions/${id}/logs?${query}`);
  let opened = false;
  let waiting: string[] = [];
  const show = () => {
    const lines = waiting;
    waiting = [];
    if (lines.length > 0) change((log) => ({ ...log, entries: withLines(log.entries, lines) }));
  };
  const timer = setInterval(show, SHOW_EVERY_MS);
  socket.onopen = () => {
    opened = true;
    change((log) => ({ ...log, state: "following" }));
  };
  socket.onmessage = ({ data }) => waiting.push(String(data));
  socket.onclose = ({ code, reason }) => {
    clearInterval(timer);
    if (!opened) return refused();
    show();
    if (code === 1000) change((log) => ({ ...log, state: "ended" }));
    else change((log) => ({ ...log, state: "broken", problem: reason || "the connection broke" }));
  };
  return () => {
    clearInterval(timer);
    socket.onclose = null;
    socket.close();
  };
}
