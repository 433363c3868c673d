import { AsyncLocalStorage } from "node:async_hooks";
import { logOptions } from "@berth/protocol/log-options";
import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Logger;

const requests = new AsyncLocalStorage<string>();

/** Runs what belongs to a request: every line that is logged meanwhile, wherever, has its `request_id`. */
export const inRequest = <Result>(requestId: string, run: () => Result): Result => requests.run(requestId, run);

const ofRequest = (): { request_id?: string } => {
  const id = requests.getStore();
  return id === undefined ? {} : { request_id: id };
};

/** JSON lines on standard output. What could be a secret is cut out by name, wherever it is logged. */
export function createLog(level: string, destination?: DestinationStream): Log {
  const options = { ...logOptions(level), timestamp: pino.stdTimeFunctions.isoTime, mixin: ofRequest };
  return destination ? pino(options, destination) : pino(options);
}
