/**
 * Carries out commands: acknowledged at once, in order for each session, each id once. A command that comes again is answered with its
 * first result. Results that were made while the connection was away, or shortly before it broke, are sent when it is back.
 */
import { commandTypeSchema } from "@berth/protocol/agent-commands";
import type { FromAgent, FromAgentOf, ToAgentOf } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { z } from "zod";
import type { Clock } from "../clock";
import type { Operation, SessionDriver } from "../drivers/driver";
import { type Log, wordsOf } from "../log";
import { readWork, type Work } from "./carry-out";
import { type CommandJournal, type JournalEntry, runKey } from "./command-journal";
import { Lanes } from "./lanes";

type Command = ToAgentOf<"command">;

interface Pending {
  readonly commandId: string;
  /** Which run of it, where the command said. */
  readonly run: number | undefined;
  readonly work: Work;
  readonly abort: AbortController;
  /** Resolves once a viewer may come: its display is ready, or it was carried out, whatever came of it and before that is written down. */
  readonly showable: Promise<void>;
  readonly release: () => void;
}

export interface ExecutorOptions {
  readonly agentName: string;
  readonly driver: SessionDriver;
  readonly journal: CommandJournal;
  readonly clock: Clock;
  readonly log: Log;
  /** Sessions worked on at the same time. */
  readonly parallel: number;
  /** False where the message could not be sent. */
  send(message: FromAgent): boolean;
}

/** Commands that wait or run; beyond it they are refused and may be sent again. */
const MAX_PENDING = 10_000;
/** A result that was written this shortly before a loss may not have arrived. */
const UNSURE_FOR_MS = 60_000;

export class Executor {
  readonly #options: ExecutorOptions;
  readonly #lanes: Lanes;
  /** By run. */
  readonly #pending = new Map<string, Pending>();
  /** Results that may not have arrived, by run, with the time they were written to the connection (null: never). */
  readonly #unsure = new Map<string, { entry: JournalEntry; sentAt: number | null }>();

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#lanes = new Lanes(options.parallel);
  }

  /** Sessions that a start or wake is being carried out for, with its generation: they may have no container yet. */
  get starting(): ReadonlyMap<string, number> {
    const sessions = new Map<string, number>();
    for (const { work, abort } of this.#pending.values()) {
      const begins = work.type === "start_session" || work.type === "wake_session";
      if (begins && work.sessionId !== null && work.generation !== null && !abort.signal.aborted)
        sessions.set(work.sessionId, work.generation);
    }
    return sessions;
  }

  /** Resolves once the session's display is ready, or no start or wake of it is being carried out, whatever came of it. */
  async started(sessionId: string): Promise<void> {
    const starts = [...this.#pending.values()].filter(
      ({ work }) => work.sessionId === sessionId && (work.type === "start_session" || work.type === "wake_session"),
    );
    await Promise.all(starts.map(({ showable }) => showable));
  }

  receive(command: Command): void {
    const { command_id: id, generation: run } = command;
    const key = runKey(id, run);
    this.#options.send({ type: "command_ack", ...this.#about({ commandId: id, run }), status: "acknowledged" });
    const done = this.#options.journal.resultOf(id, run);
    if (done) return this.#answer(done);
    // Only offered: who has it is decided where the acknowledgement arrives.
    if (command.offered || this.#pending.has(key)) return;
    try {
      const work = this.#read(command);
      this.#overtake(work);
      const pending = { commandId: id, run, work, abort: new AbortController(), ...gate() };
      this.#pending.set(key, pending);
      const stopClock = this.#limitTime(pending, command.timeout_seconds);
      this.#lanes.add(work.lane, () => this.#carryOut(pending).finally(stopClock));
    } catch (error) {
      this.#answer(failure({ commandId: id, run, work: null }, error, this.#options.log));
    }
  }

  /** A command that waits or runs ends as `COMMAND_CANCELLED`; one that is done keeps its result. Without `run`: whichever run it is in. */
  cancel(commandId: string, run?: number): void {
    for (const pending of this.#pending.values())
      if (pending.commandId === commandId && (run === undefined || pending.run === run))
        pending.abort.abort(new BerthError("COMMAND_CANCELLED", "The command was cancelled"));
  }

  /** To be called when the control plane listens again. */
  reconnected(): void {
    const since = this.#options.clock.now().getTime() - UNSURE_FOR_MS;
    // A copy: answering puts an entry back at the end of the map.
    for (const [key, { entry, sentAt }] of [...this.#unsure]) {
      if (sentAt !== null && sentAt < since) this.#unsure.delete(key);
      else this.#answer(entry);
    }
  }

  /** Ends what waits and runs, and resolves when nothing is under way. Nothing is answered: after a restart the commands come again. */
  async stop(): Promise<void> {
    for (const { abort } of this.#pending.values()) abort.abort(AGENT_ENDS);
    await this.#lanes.settled();
  }

  #read(command: Command): Work {
    const type = commandTypeSchema.safeParse(command.command_type);
    if (!type.success) {
      throw new BerthError("COMMAND_UNSUPPORTED", `This agent does not know the command '${command.command_type}'; a newer agent may`);
    }
    if (this.#pending.size >= MAX_PENDING)
      throw new BerthError("SERVICE_UNAVAILABLE", `This agent already has ${MAX_PENDING} commands to do`);
    return readWork(type.data, { id: command.command_id, run: command.generation ?? 1 }, command.session_id ?? null, command.data);
  }

  /** From the command's arrival; returns how to stop the clock. */
  #limitTime({ abort, work }: Pending, seconds: number | undefined): () => void {
    if (seconds === undefined || work.sessionId !== null) return () => {};
    const timer = this.#options.clock.after(seconds * 1000, () =>
      abort.abort(new BerthError("TASK_TIMED_OUT", `The task did not end within ${seconds} s, and the agent gave it up`)),
    );
    return () => timer.cancel();
  }

  #about({ commandId, run }: Pick<Pending, "commandId" | "run">) {
    return { command_id: commandId, agent_id: this.#options.agentName, ...(run === undefined ? {} : { generation: run }) };
  }

  /** The end of a session does not wait for its start, nor that of a snapshot for its copy. */
  #overtake(work: Work): void {
    if (work.type === "delete_snapshot") {
      for (const { work: earlier, abort } of this.#pending.values())
        if (earlier.type === "create_snapshot" && earlier.lane === work.lane)
          abort.abort(new BerthError("COMMAND_CANCELLED", "The snapshot is not wanted any more"));
    }
    if (work.type !== "stop_session") return;
    for (const { work: earlier, abort } of this.#pending.values()) {
      if (earlier.sessionId !== work.sessionId || earlier.type === "stop_session" || (earlier.generation ?? 0) > (work.generation ?? 0))
        continue;
      abort.abort(new BerthError("COMMAND_SUPERSEDED", "The session is being ended"));
    }
  }

  async #carryOut(pending: Pending): Promise<void> {
    const { commandId, run, work, abort } = pending;
    const key = runKey(commandId, run);
    let entry: JournalEntry;
    try {
      if (abort.signal.aborted) throw abort.signal.reason;
      this.#refuseEnded(work);
      const result = await work.run(this.#options.driver, this.#operation(pending)).finally(pending.release);
      const { sessionId, generation } = work;
      const ended = work.type === "stop_session";
      entry = { command_id: commandId, run, session_id: sessionId, generation, ended, status: "completed", result };
    } catch (error) {
      pending.release();
      if (abort.signal.reason === AGENT_ENDS) return void this.#pending.delete(key);
      entry = failure(pending, error, this.#options.log);
    }
    if (!work.reads) await this.#options.journal.record(entry);
    this.#pending.delete(key);
    this.#answer(entry);
  }

  #refuseEnded(work: Work): void {
    const endedAt = work.sessionId === null ? undefined : this.#options.journal.endedAt(work.sessionId);
    if (endedAt === undefined || work.type === "stop_session" || (work.generation ?? 0) > endedAt) return;
    throw new BerthError(
      "COMMAND_SUPERSEDED",
      `Session ${work.sessionId} was ended at generation ${endedAt}, the command is of ${work.generation}`,
    );
  }

  #operation(pending: Pending): Operation {
    const { abort, release, work } = pending;
    const about = this.#about(pending);
    const now = () => this.#options.clock.now().toISOString();
    let told = "";
    const log: Operation["log"] = (level, message) => {
      // A session has a timeline of its own.
      if (work.sessionId !== null) return;
      const line = { timestamp: now(), level, message: message.slice(0, 8192) };
      this.#options.send({ type: "command_log", ...about, lines: [line] });
    };
    return {
      signal: abort.signal,
      log,
      report: (step, message, percent) => {
        if (message !== told) log("info", message);
        told = message;
        this.#options.send({
          type: "command_progress",
          ...about,
          step,
          ...(percent === undefined ? {} : { progress: Math.min(100, Math.max(0, percent)) }),
          message: message.slice(0, 500),
          timestamp: now(),
        });
        // What is left of a start keeps no viewer waiting.
        if (step === "display_ready") release();
      },
    };
  }

  #answer(entry: JournalEntry): void {
    const { command_id: commandId, run, status, result, error, error_code } = entry;
    const key = runKey(commandId, run);
    const message: FromAgentOf<"command_result"> = {
      type: "command_result",
      ...this.#about({ commandId, run }),
      status,
      ...(result ? { result } : {}),
      ...(error ? { error, error_code } : {}),
    };
    const sent = this.#options.send(message);
    this.#unsure.delete(key);
    this.#unsure.set(key, { entry, sentAt: sent ? this.#options.clock.now().getTime() : null });
    this.#forgetSent();
  }

  #forgetSent(): void {
    const since = this.#options.clock.now().getTime() - UNSURE_FOR_MS;
    for (const [id, { sentAt }] of this.#unsure) {
      if (this.#unsure.size <= MAX_PENDING && (sentAt === null || sentAt >= since)) return;
      this.#unsure.delete(id);
    }
  }
}

function gate(): Pick<Pending, "showable" | "release"> {
  let release = () => {};
  const showable = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { showable, release: () => release() };
}

const AGENT_ENDS = new BerthError("SERVICE_UNAVAILABLE", "The agent is being stopped");

function failure(
  { commandId, run, work }: { commandId: string; run: number | undefined; work: Work | null },
  error: unknown,
  log: Log,
): JournalEntry {
  const known = error instanceof BerthError ? error : ownDiskFull(error);
  if (!known) log.error({ err: error, commandId }, "a command failed unexpectedly");
  else log.warn({ commandId, code: known.code, err: known.cause }, known.message);
  return {
    command_id: commandId,
    run,
    session_id: work?.sessionId ?? null,
    generation: work?.generation ?? null,
    ended: false,
    status: "failed",
    error: (known?.message ?? `The agent failed in a way it does not know: ${wordsOf(error)}`).slice(0, 4000),
    error_code: known?.code ?? "INTERNAL_ERROR",
  };
}

const noSpaceSchema = z.object({ code: z.literal("ENOSPC"), path: z.string().optional() });

function ownDiskFull(error: unknown): BerthError | null {
  const full = noSpaceSchema.safeParse(error).data;
  if (!full) return null;
  const where = full.path ? ` that holds ${full.path}` : "";
  return new BerthError("DISK_FULL", `The disk of the agent's host${where} is full: free some space there and try again`, { cause: error });
}
