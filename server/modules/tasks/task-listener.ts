import type { ErrorCode } from "@berth/protocol/errors";
import type { BusEvent } from "../../platform/bus";
import type { Tx } from "../../platform/database";
import type { TaskKind } from "./tasks-schema";

/** A task as the module that asked for it hears of it. */
export interface KnownTask {
  readonly id: string;
  readonly kind: TaskKind;
  readonly agentId: string;
  readonly sessionId: string | null;
  readonly generation: number | null;
  readonly payload: unknown;
}

export type TaskOutcome =
  | { readonly status: "completed"; readonly result: Record<string, unknown> }
  | { readonly status: "failed"; readonly code: ErrorCode; readonly message: string };

/**
 * What a module does when a task of its kinds gets on. Runs inside the transaction that writes the task's own change, with the session's
 * lock held, exactly once for each outcome; what it returns is published after commit.
 */
export interface TaskListener {
  readonly kinds: readonly TaskKind[];
  sent?(tx: Tx, task: KnownTask): Promise<BusEvent[]>;
  progressed?(
    tx: Tx,
    task: KnownTask,
    progress: { step: string | undefined; message: string; percent?: number | undefined },
  ): Promise<BusEvent[]>;
  finished(tx: Tx, task: KnownTask, outcome: TaskOutcome): Promise<BusEvent[]>;
}
