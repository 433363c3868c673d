import { Prisma } from "./db/generated/client";

/** Prisma's words for a server that can't be reached, that closed the connection or had none to give, and for a transaction that found none. */
const AWAY_CODES = new Set(["P1001", "P1002", "P1008", "P1017", "P2024", "P2037"]);
/** Of a driver's error, as the adapter names it. */
const AWAY_KINDS = new Set(["DatabaseNotReachable", "ConnectionClosed", "SocketTimeout", "TooManyConnections"]);
/** PostgreSQL's SQLSTATE classes: connection exceptions, and operator intervention (it shuts down, starts up, ended this connection). */
const AWAY_STATES = /^(?:08|57P0)/;
/** What `pg` says, without any code, of a connection that broke or was not to be had. */
const AWAY_WORDS = /^(?:Connection terminated|timeout exceeded when trying to connect)/;

/** The statement could not be asked, or its answer was lost, because PostgreSQL is away: to be tried again, and nobody's mistake. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (AWAY_WORDS.test(error.message)) return true;
  const state: unknown = Reflect.get(error, "code");
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return typeof state === "string" && AWAY_STATES.test(state);
  if (AWAY_CODES.has(error.code)) return true;
  const { kind, originalCode } = causeOf(error.meta?.driverAdapterError);
  return AWAY_KINDS.has(kind) || AWAY_STATES.test(originalCode);
}

function causeOf(adapterError: unknown): { kind: string; originalCode: string } {
  const cause: unknown = typeof adapterError === "object" && adapterError !== null ? Reflect.get(adapterError, "cause") : null;
  const word = (name: string): string => {
    const value: unknown = typeof cause === "object" && cause !== null ? Reflect.get(cause, name) : null;
    return typeof value === "string" ? value : "";
  };
  return { kind: word("kind"), originalCode: word("originalCode") };
}
