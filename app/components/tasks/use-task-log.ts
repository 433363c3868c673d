import { useEffect, useRef, useState } from "react";
import { useTRPCClient } from "../../trpc/client";
import { type LogLine, type TaskDetail, withNewLines } from "./task-steps";

const AT_ONCE = 500;

export interface TaskLogReading {
  readonly lines: readonly LogLine[];
  readonly state: "reading" | "read" | "failed";
  readonly error: unknown;
}

/**
 * A task's log, read to its end and on from there whenever the task says that it has more. `turn` reads anew what failed.
 * The task itself is asked again by the page's live events.
 */
export function useTaskLog(task: Pick<TaskDetail, "id" | "logLines" | "state" | "generation">, turn: number): TaskLogReading {
  const client = useTRPCClient();
  const [log, setLog] = useState<TaskLogReading>({ lines: [], state: "reading", error: null });
  const known = useRef<readonly LogLine[]>([]);
  const { id, logLines, state, generation } = task;
  // biome-ignore lint/correctness/useExhaustiveDependencies(logLines): it grows with the log
  // biome-ignore lint/correctness/useExhaustiveDependencies(state): a full log grows by what becomes of the task
  // biome-ignore lint/correctness/useExhaustiveDependencies(generation): and by its next run
  // biome-ignore lint/correctness/useExhaustiveDependencies(turn): asks for it once more
  useEffect(() => {
    const over = new AbortController();
    const read = async () => {
      for (;;) {
        const after = known.current.at(-1)?.number ?? 0;
        const { lines } = await client.tasks.logs.query({ id, after, limit: AT_ONCE }, { signal: over.signal });
        if (over.signal.aborted) return;
        known.current = withNewLines(known.current, lines);
        setLog({ lines: known.current, state: "read", error: null });
        if (lines.length < AT_ONCE) return;
      }
    };
    read().catch((error: unknown) => over.signal.aborted || setLog((current) => ({ ...current, state: "failed", error })));
    return () => over.abort();
  }, [client, id, logLines, state, generation, turn]);
  return log;
}
