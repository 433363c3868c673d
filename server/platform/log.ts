import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Logger;

/** JSON lines on standard output. What could be a secret is cut out by name, wherever it is logged. */
export function createLog(level: string, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        "password",
        "token",
        "secret",
        "ticket",
        "cookie",
        "authorization",
        "*.password",
        "*.token",
        "*.secret",
        "*.ticket",
        "*.cookie",
        "*.authorization",
        "headers",
      ],
      censor: "[redacted]",
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
