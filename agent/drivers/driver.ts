/**
 * What an agent needs of the thing that runs sessions. The engine's own state is the truth: a driver finds what it made by session id and
 * generation, so that every operation can be done again after a crash and ends in the same place.
 *
 * Errors are `BerthError`s with a code of the catalogue and words that name the image, container or port; a driver translates its engine's
 * errors at its own edge. An operation whose `signal` is aborted cleans up after itself and rejects with the signal's reason.
 */
import type { Duplex, Readable, Writable } from "node:stream";
import type { StartSessionData } from "@berth/protocol/agent-commands";
import type { ResourceUsage } from "@berth/protocol/agent-messages";
import type { DockerPayload, DockerResult } from "@berth/protocol/docker-tasks";
import type { ErrorCode } from "@berth/protocol/errors";
import type { ReloadSignal } from "@berth/protocol/session-files";
import type { SessionProbes } from "@berth/protocol/session-health";
import type { HibernateMode, ObservedState } from "@berth/protocol/session-states";
import type { CreateSnapshotData, SnapshotResult } from "@berth/protocol/snapshots";
import type { LogLine, LogStream } from "@berth/protocol/tunnel";
import type { ExecPipe } from "./exec-pipe";

/** Points on a session's way from click to picture, in the order in which they are passed. The first two only where an image has to be pulled. */
export type TimelineStep =
  | "image_pulling"
  | "image_pulled"
  | "home_copying"
  | "home_copied"
  | "container_created"
  | "container_started"
  | "display_ready";

export interface Operation {
  readonly signal: AbortSignal;
  /** `percent` where it can be known. */
  report(step: TimelineStep, message: string, percent?: number): void;
  /** A line for the log of the task that it is done for; a session's operation has none. */
  log(level: "info" | "warn", message: string): void;
}

/** Which run of which task: what a run made is found again by both. */
export interface TaskRun {
  readonly id: string;
  /** From 1. */
  readonly run: number;
}

export interface StartRequest {
  readonly sessionId: string;
  readonly spec: StartSessionData;
}

export interface HibernateRequest {
  readonly sessionId: string;
  readonly generation: number;
  readonly mode: HibernateMode;
}

export interface ResizeRequest {
  readonly sessionId: string;
  readonly generation: number;
  readonly resources: StartSessionData["resources"];
}

export interface TerminateRequest {
  readonly sessionId: string;
  readonly generation: number;
  /** False: killed at once. */
  readonly graceful: boolean;
  /** How long the session's own processes may take to end before they are killed. */
  readonly timeoutSeconds: number;
  /** A home volume to remove with it. */
  readonly removeHome: string | null;
}

/** What is so after an operation. */
export interface SessionFacts {
  readonly sessionId: string;
  readonly generation: number;
  readonly observed: ObservedState;
  readonly containerId: string | null;
  readonly containerName: string | null;
  /** Address on the sessions' network, where there is one. */
  readonly address: string | null;
  readonly displayPort: number | null;
  readonly startedAt: Date | null;
  readonly hibernateModes: readonly HibernateMode[];
}

/** One session as the engine has it. */
export interface SeenSession {
  readonly sessionId: string;
  readonly generation: number;
  readonly observed: ObservedState;
  readonly containerId: string | null;
  readonly containerName: string | null;
  readonly address: string | null;
  readonly name?: string;
  readonly image?: string;
  /** Why, in words for the user. */
  readonly reason: string | null;
  readonly errorCode: ErrorCode | null;
  /** What its start said that it is to be asked now and then; null and absent: nothing. */
  readonly probes?: SessionProbes | null;
}

export interface SeenHome {
  readonly volume: string;
  /** Null: not measured yet, or by an engine that can't. */
  readonly size: { readonly bytes: number; readonly at: Date } | null;
}

export interface DriverInventory {
  readonly sessions: readonly SeenSession[];
  readonly homes: readonly SeenHome[];
  /** Volumes of snapshots that are whole. */
  readonly snapshots: readonly string[];
  /** Sessions of whose ended containers it keeps what they printed, those first that were kept longest ago. */
  readonly keptLogs: readonly string[];
}

export interface DriverDescription {
  readonly capabilities: readonly string[];
  /** Facts for operators: engine version, how displays are reached, whether the network isolation holds. */
  readonly metadata: Record<string, unknown>;
}

export interface DriverCapacity {
  readonly cores: number;
  readonly memoryGiB: number;
  /** Sessions that hold memory now: running, starting or frozen. */
  readonly currentSessions: number;
}

export type DriverHealth = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface DriverListener {
  /** A session changed by itself: not through an operation of this driver's own, which says so in its result. */
  observed(session: SeenSession): void;
  /** The engine was away and is back: everything may have changed. */
  engineReturned(): void;
}

export interface LogRequest {
  readonly sessionId: string;
  /** Lines from the end of what was printed until now; 0 is none of it. */
  readonly tail: number;
  /** Goes on with what will be printed, until the container has ended. */
  readonly follow: boolean;
  /** Nothing that was printed before. */
  readonly since?: Date | undefined;
  /** This one alone, and what is told of containers that ended. */
  readonly stream?: LogStream | undefined;
}

/** What a session has used until now: counters since its container's start, and what it holds. */
export interface UsageReading {
  readonly at: Date;
  readonly cpuNanoseconds: number;
  /** Cores that it may use; null: no limit of its own. */
  readonly cores: number | null;
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number | null };
  readonly network: { readonly receivedBytes: number; readonly sentBytes: number } | null;
  readonly disk: { readonly readBytes: number; readonly writtenBytes: number } | null;
  readonly pids: { readonly current: number; readonly limit: number | null };
}

export interface ExecRequest {
  readonly sessionId: string;
  readonly argv: readonly string[];
  /** Beside the container's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute; default: the image's. */
  readonly cwd?: string;
  /** With a terminal of this size, input and output are one stream; null: standard output and errors apart. */
  readonly terminal: { readonly columns: number; readonly rows: number } | null;
  /** In a session that doesn't run too: beside its home alone, without network. */
  readonly resting?: true;
  /** The variable that tells the program where it may make a named pipe, to pass much to the agent or from it; empty where there is no place for one. */
  readonly pipeVariable?: string;
}

/** A program that runs beside the session's own, as the same user. It ends when the container does. */
export interface Exec {
  /** Ended: the program reads its end. */
  readonly stdin: Writable;
  /** To be read, like `stderr`: what isn't read holds the program up. */
  readonly stdout: Readable;
  /** Null with a terminal. */
  readonly stderr: Readable | null;
  /** Where one was asked for, and session and agent share a folder. */
  readonly pipe?: ExecPipe | null;
  /**
   * The program's exit code (128 and the signal's number where one ended it), when all output has been read. Rejects with
   * SESSION_LACKS_PROGRAM where the image has no such program, and where the container or the engine is gone.
   */
  readonly exit: Promise<number>;
  /** Of a terminal. */
  resize(columns: number, rows: number): Promise<void>;
  /** Sends a signal to the program and all that it started and that has not cut itself loose. Resolves where there is nothing left to end. */
  signal(name: "HUP" | "TERM" | "KILL"): Promise<void>;
}

/** For the registry of one image; kept nowhere. */
export type RegistryAuth = NonNullable<StartSessionData["registry_auth"]>;

/**
 * What `docker.…` tasks ask for. Only what such tasks made is found, named or removed: never a session's container, nor a stranger's.
 * All may be asked for twice: `run` finds the container of its run by id, whatever became of the first answer.
 */
export interface TaskContainers {
  pull(payload: DockerPayload<"docker.pull">, operation: Operation, auth?: RegistryAuth): Promise<DockerResult<"docker.pull">>;
  /**
   * One that was cancelled or failed leaves no container; what an earlier run of the task left (its end was not known) is removed first.
   * Throws `CONTAINER_NAME_TAKEN`, and `COMMAND_SUPERSEDED` where a later run has its container.
   */
  run(task: TaskRun, payload: DockerPayload<"docker.run">, operation: Operation, auth?: RegistryAuth): Promise<DockerResult<"docker.run">>;
  /** Throws `CONTAINER_NOT_FOUND`, and `SPEC_REFUSED` for what no task made. */
  stop(payload: DockerPayload<"docker.stop">): Promise<DockerResult<"docker.stop">>;
  remove(payload: DockerPayload<"docker.remove">): Promise<DockerResult<"docker.remove">>;
  /** At most 256 KB of lines, the last ones. */
  logs(payload: DockerPayload<"docker.logs">, signal: AbortSignal): Promise<DockerResult<"docker.logs">>;
  prune(payload: DockerPayload<"docker.prune">): Promise<DockerResult<"docker.prune">>;
}

/** Homes saved as volumes of their own. A copy that did not get to its end is never listed, and is taken away. */
export interface Snapshots {
  /** Asked for again after a crash it begins anew; one that is whole is answered as it is. Throws `HOME_MISSING`, `SESSION_LACKS_PROGRAM`, `DISK_FULL`. */
  create(request: CreateSnapshotData, operation: Operation): Promise<SnapshotResult>;
  /** Of its volume and its image. Succeeds where nothing is left; throws `SNAPSHOT_IN_USE` where a container was made of it. */
  remove(snapshotId: string): Promise<void>;
}

/** An image that a session is to have. */
export interface SessionImage {
  readonly sessionId: string;
  readonly image: string;
  readonly auth?: RegistryAuth | undefined;
}

export interface FetchedImage {
  /** The engine's own name for what the reference means now. */
  readonly imageId: string;
  /** Of the container that the session has; null: it has none. */
  readonly runningImageId: string | null;
  /** False: its registry did not give it, and the host has one of that name. */
  readonly pulled: boolean;
}

/** Images of sessions that go on meanwhile. */
export interface SessionImages {
  /** Asks the registry also where the host has one of that name: a tag may have moved. Throws only where there is none afterwards. */
  fetch(wanted: SessionImage, operation: Operation): Promise<FetchedImage>;
}

export interface SessionDriver {
  readonly kind: "docker" | "memory";
  readonly tasks: TaskContainers;
  readonly images: SessionImages;
  readonly snapshots: Snapshots;
  describe(): Promise<DriverDescription>;
  capacity(): Promise<DriverCapacity>;
  usage(): Promise<ResourceUsage | undefined>;
  health(): Promise<DriverHealth>;
  /**
   * Resolves when the display is ready. A container of the same session and generation is adopted, an older one is removed, a newer one
   * refuses with `COMMAND_SUPERSEDED`. A start that fails leaves nothing behind but a home that was there before.
   */
  start(request: StartRequest, operation: Operation): Promise<SessionFacts>;
  /** As `start`; processes that were frozen go on where they were, unless the session is to have another image now. */
  wake(request: StartRequest, operation: Operation): Promise<SessionFacts>;
  hibernate(request: HibernateRequest, operation: Operation): Promise<SessionFacts>;
  /** Gives a session that runs other limits, while it runs. Throws `SESSION_NOT_FOUND`, `SESSION_NOT_RUNNING`, and `SPEC_REFUSED` for less memory than it uses. */
  resize(request: ResizeRequest, operation: Operation): Promise<SessionFacts>;
  /** Succeeds where nothing is left to remove. */
  terminate(request: TerminateRequest, operation: Operation): Promise<SessionFacts>;
  inventory(): Promise<DriverInventory>;
  /** Begins to tell of changes; the function returned ends that. */
  watch(listener: DriverListener): () => void;
  /** Bytes of the session's RFB display, its banner first. */
  openDisplay(sessionId: string): Promise<Duplex>;
  /** Bytes of a TCP port in the session's container. */
  openPort(sessionId: string, port: number): Promise<Duplex>;
  /**
   * What the session's container printed, stdout and stderr, oldest line first; of a container that has ended too. Lines without their end, at
   * most `LOG_LINE_MAX_BYTES` of each. Read as fast as it is asked for: nothing is gathered meanwhile. Aborting `signal` ends it. Rejects
   * with SESSION_NOT_FOUND where there is no container and none of it was kept. What containers printed that are gone comes before, for as long
   * as it is kept, with a line of the stream `berth` for how each ended.
   */
  logs(request: LogRequest, signal: AbortSignal): Promise<AsyncIterable<LogLine>>;
  /** Nothing is kept any more of what the session's ended containers printed. */
  forgetLogs(sessionId: string): Promise<void>;
  /** Starts a program in a running session. Throws SESSION_NOT_FOUND and SESSION_NOT_RUNNING; whether the image has it, `exit` tells. */
  exec(request: ExecRequest): Promise<Exec>;
  /** Sends a signal to a running session's main process. Throws SESSION_NOT_FOUND and SESSION_NOT_RUNNING. */
  signal(sessionId: string, name: ReloadSignal): Promise<void>;
  /** Of a session that runs. Throws SESSION_NOT_FOUND and SESSION_NOT_RUNNING. */
  usageOf(sessionId: string): Promise<UsageReading>;
  /** Of all sessions that run, by id; one that ended meanwhile is left out. */
  usages(): Promise<ReadonlyMap<string, UsageReading>>;
  deleteHome(volume: string): Promise<void>;
  removeOrphan(containerId: string): Promise<void>;
  /** Ends watching and frees connections. Sessions are not touched. */
  close(): Promise<void>;
}
