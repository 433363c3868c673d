import { NoAnswerError, RequestError, WaitTimedOut } from "../request-error";

/** What `berth` ends with; scripts switch on them. Documented in the README. */
export const EXIT = { ok: 0, refused: 1, usage: 2, notSignedIn: 3, timedOut: 4, noAnswer: 5, interrupted: 130 } as const;

/** The command was written wrong, or names what can't be told apart. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** There is no token to show. */
export class NotSignedIn extends Error {
  override readonly name = "NotSignedIn";
}

/** A program in a session ended with this code, and so does `berth`. */
export class ProgramExit extends Error {
  override readonly name = "ProgramExit";
  constructor(readonly code: number) {
    super(`The program ended with code ${code}`);
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof NotSignedIn) return EXIT.notSignedIn;
  if (error instanceof WaitTimedOut) return EXIT.timedOut;
  if (error instanceof NoAnswerError) return EXIT.noAnswer;
  if (error instanceof RequestError && error.status === 401) return EXIT.notSignedIn;
  return EXIT.refused;
}

/** For stderr: what happened, and the request to look for in the log. */
export function errorWords(error: unknown): string {
  if (!(error instanceof RequestError)) return error instanceof Error ? error.message : String(error);
  const request = error.requestId ? `, request ${error.requestId}` : "";
  const advice = error.status === 401 && error.code !== "AUTH_INVALID_CREDENTIALS" ? "\nSign in with: berth login" : "";
  return `${error.message} (${error.code}${request})${advice}`;
}
