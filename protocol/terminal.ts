/**
 * Terminals and single programs inside a session, as WebSockets of the agent's HTTP API that the control plane splices to whoever may.
 *
 * `terminals/{id}` (`TERMINAL_PROTOCOL`): binary messages are the terminal's bytes, both ways; text messages are JSON. A terminal lives in the
 * agent: it goes on when nobody is attached. Who attaches gets first what is kept of it, between `replay_begin` and `replay_end`; what an
 * emulator answers to that is not input, and is to be dropped.
 *
 * `exec` (`EXEC_PROTOCOL`): the client's first message says what to start (`execStartSchema`). The first byte of a binary message says which
 * stream it is of (`EXEC_STREAM`). The program ends with the WebSocket.
 *
 * In both, each side says what it has taken (`taken`), at the latest after `TAKEN_EVERY` bytes, and sends no more than `WINDOW_BYTES` beyond
 * what the other has taken.
 */
import { z } from "zod";
import { errorCodeSchema } from "./errors";

export const TERMINAL_PROTOCOL = "berth-terminal";
export const EXEC_PROTOCOL = "berth-exec";
/** The agent's and, after `/api/v1/sessions/{id}/`, the control plane's. */
export const terminalPath = (terminalId: string): string => `terminals/${terminalId}`;
export const EXEC_PATH = "exec";

/** Of one session at once. */
export const MAX_TERMINALS = 8;
/** WebSockets at one terminal, and single programs in one session, at once. */
export const MAX_ATTACHED = 16;
export const MAX_PROGRAMS = 32;
/** What is kept of one, for who attaches later. */
export const SCROLLBACK_BYTES = 256 * 1024;
export const WINDOW_BYTES = 512 * 1024;
export const TAKEN_EVERY = 64 * 1024;
/** Of one message; longer input is sent in several. */
export const MAX_INPUT_BYTES = 64 * 1024;
export const EXEC_STREAM = { stdin: 0, stdout: 1, stderr: 2 } as const;

const cells = z.number().int().min(1).max(1000);
export const terminalSizeSchema = z.object({ columns: cells, rows: cells });
export type TerminalSize = z.infer<typeof terminalSizeSchema>;

export const terminalIdSchema = z.string().regex(/^[a-z0-9]{8,32}$/, "must be the id of a terminal");
export const terminalSchema = z.object({
  id: terminalIdSchema,
  startedAt: z.iso.datetime(),
  /** WebSockets that are open on it. */
  attached: z.number().int().min(0),
});
export type Terminal = z.infer<typeof terminalSchema>;
export const terminalsSchema = z.object({ terminals: z.array(terminalSchema).max(100) });

const resize = terminalSizeSchema.extend({ type: z.literal("resize") });
const taken = z.object({ type: z.literal("taken"), bytes: z.number().int().min(0) });
const exit = z.object({
  type: z.literal("exit"),
  /** Null: it could not be started, or was cut off; `message` says why. */
  code: z.number().int().nullable(),
  error: errorCodeSchema.optional(),
  message: z.string().max(1000).optional(),
});

/** `taken`: bytes of output, since it was opened. */
export const toTerminalSchema = z.discriminatedUnion("type", [resize, taken]);
export type ToTerminal = z.infer<typeof toTerminalSchema>;
/**
 * `skipped`: so many bytes were left out for one that did not read, while another went on reading; a replay follows. `taken`: bytes of input.
 * After `exit` the WebSocket is closed with 1000.
 */
export const fromTerminalSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("replay_begin") }),
  z.object({ type: z.literal("replay_end") }),
  z.object({ type: z.literal("skipped"), bytes: z.number().int().min(0) }),
  taken,
  exit,
]);
export type FromTerminal = z.infer<typeof fromTerminalSchema>;

export const execStartSchema = z.object({
  type: z.literal("start"),
  /** Empty: the session's shell. */
  argv: z.array(z.string().max(128 * 1024)).max(1000),
  /** Null: standard output and errors apart. */
  terminal: terminalSizeSchema.nullable(),
});
export type ExecStart = z.infer<typeof execStartSchema>;
/** `end`: of standard input. */
export const toExecSchema = z.discriminatedUnion("type", [execStartSchema, resize, taken, z.object({ type: z.literal("end") })]);
export type ToExec = z.infer<typeof toExecSchema>;
export const fromExecSchema = z.discriminatedUnion("type", [taken, exit]);
export type FromExec = z.infer<typeof fromExecSchema>;
