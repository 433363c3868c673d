import { logOptions } from "@berth/protocol/log-options";
import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Logger;

/** JSON lines on standard output. What could be a secret is cut out by name, wherever it is logged. */
export function createLog(level: string, destination?: DestinationStream): Log {
  const options = { ...logOptions(level), timestamp: pino.stdTimeFunctions.isoTime };
  return destination ? pino(options, destination) : pino(options);
}
