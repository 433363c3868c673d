import { logOptions } from "@berth/protocol/log-options";
import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Logger;

/** JSON lines on standard output. What could be a secret is cut out by name, wherever it is logged. */
export function createLog(level: string, destination?: DestinationStream): Log {
  const options = { ...logOptions(level), timestamp: pino.stdTimeFunctions.isoTime };
  return destination ? pino(options, destination) : pino(options);
}

/** What went wrong, in one line, for a log or a message; stacks and causes stay in the log's own field. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message) return error.message;
  // A refused connection to a name with several addresses is an AggregateError without a message.
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join("; ");
  return error.name;
}
