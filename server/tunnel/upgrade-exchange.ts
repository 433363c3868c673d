import type { Duplex } from "node:stream";
import { BerthError, type ErrorCode } from "@berth/protocol/errors";
import { ANSWER_HEAD_TIMEOUT_MS, tunnelErrorSchema } from "@berth/protocol/tunnel";
import type { Clock } from "../platform/clock";
import { type AnswerHead, AnswerHeadReader } from "./answer-head";
import { problemWithSwitch, type UpgradeRequest, writeUpgradeRequest } from "./upgrade-request";

const MAX_ERROR_BODY_BYTES = 4096;
/** What an agent's refusal of a display or a terminal may say; anything else becomes `TUNNEL_FAILED`. */
const codesOfAgents: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "DISPLAY_UNREACHABLE",
  "DISPLAY_PROTOCOL_MISMATCH",
  "DISPLAY_NOT_READY",
  "SESSION_NOT_FOUND",
  "SESSION_NOT_RUNNING",
  "SESSION_LACKS_PROGRAM",
  "TERMINAL_NOT_FOUND",
  "TERMINAL_LIMIT",
  "PORT_UNREACHABLE",
  "PORT_LIMIT",
  "ENGINE_UNAVAILABLE",
]);

export interface UpgradeExchange {
  readonly tunnel: Duplex;
  readonly request: UpgradeRequest;
  /** `agent`: the agent's own server answers, and its refusals are worth reading. `app`: whatever runs in the container does. */
  readonly answeredBy: "agent" | "app";
  /** For messages: "agent 'host-1'". */
  readonly who: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Writes an upgrade request into a tunnel and reads the answer's head. Resolves only for a 101 that is right in every header; the
 * tunnel is then paused before its first byte. Anything else destroys the tunnel and throws `BerthError`: splicing after another
 * answer would let the peer read the next request of a keep-alive proxy.
 */
export async function exchangeUpgrade(exchange: UpgradeExchange): Promise<AnswerHead> {
  const { tunnel, request, answeredBy, who } = exchange;
  try {
    const text = writeUpgradeRequest(request);
    const { head, rest } = await readHead(exchange, text);
    if (head.status !== 101) {
      throw answeredBy === "agent"
        ? await readRefusal(exchange, head, rest)
        : new BerthError("TUNNEL_FAILED", `The app in the session answered the WebSocket with status ${head.status}`);
    }
    const problem = problemWithSwitch(head, request.offer, answeredBy === "app");
    if (problem) throw new BerthError("TUNNEL_FAILED", `The answer of ${who} can't be used: ${problem}`);
    if (rest.length > 0) tunnel.unshift(rest);
    return head;
  } catch (error) {
    tunnel.destroy();
    throw error;
  }
}

function readHead({ tunnel, who, clock, signal }: UpgradeExchange, text: string): Promise<{ head: AnswerHead; rest: Buffer }> {
  const reader = new AnswerHeadReader();
  return listen(tunnel, clock, signal, {
    problem: (what) => new BerthError("TUNNEL_FAILED", `The answer of ${who} can't be used: ${what}`),
    start: () => tunnel.write(text, "latin1"),
    chunk(data, done, fail) {
      const progress = reader.push(data);
      if (progress.state === "refused") fail(progress.problem);
      if (progress.state === "done") done({ head: progress.head, rest: progress.rest });
    },
    ended: (_, fail) => fail("it ended before its head was complete"),
  });
}

/** The error that the agent's JSON body names, read up to 4 KB. */
async function readRefusal({ tunnel, who, clock, signal }: UpgradeExchange, head: AnswerHead, rest: Buffer): Promise<BerthError> {
  const fallback = new BerthError("TUNNEL_FAILED", `The answer of ${who} to the upgrade was ${head.status}`);
  const announced = Number(head.headers.get("content-length")?.[0] ?? MAX_ERROR_BODY_BYTES);
  if (!(announced <= MAX_ERROR_BODY_BYTES) || head.headers.has("transfer-encoding")) return fallback;
  let body = rest;
  try {
    if (body.length < announced) {
      body = await listen<Buffer>(tunnel, clock, signal, {
        problem: () => fallback,
        start: () => {},
        chunk(data, done, fail) {
          body = Buffer.concat([body, data]);
          if (body.length > MAX_ERROR_BODY_BYTES) fail("too long");
          else if (body.length >= announced) done(body);
        },
        ended: (done) => done(body),
      });
    }
    const { code, message } = tunnelErrorSchema.parse(JSON.parse(body.subarray(0, announced).toString()));
    return new BerthError(codesOfAgents.has(code) ? code : "TUNNEL_FAILED", message);
  } catch {
    return fallback;
  }
}

interface Listening<T> {
  problem(what: string): BerthError;
  start(): void;
  chunk(data: Buffer, done: (value: T) => void, fail: (what: string) => void): void;
  ended(done: (value: T) => void, fail: (what: string) => void): void;
}

/** Reads a socket until `chunk` has what it wants; then the socket is paused again. */
function listen<T>(tunnel: Duplex, clock: Clock, signal: AbortSignal, { problem, start, chunk, ended }: Listening<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      timer.cancel();
      tunnel.pause();
      tunnel.off("data", onData).off("end", onEnd).off("close", onEnd).off("error", onError);
      signal.removeEventListener("abort", onAbort);
    };
    const done = (value: T): void => {
      stop();
      resolve(value);
    };
    const fail = (what: string): void => {
      stop();
      reject(problem(what));
    };
    const onData = (data: Buffer): void => chunk(data, done, fail);
    const onEnd = (): void => ended(done, fail);
    const onError = (error: Error): void => fail(error.message);
    const onAbort = (): void => fail("whoever asked has gone");
    const timer = clock.after(ANSWER_HEAD_TIMEOUT_MS, () => {
      stop();
      reject(new BerthError("TUNNEL_TIMEOUT", problem(`no answer within ${ANSWER_HEAD_TIMEOUT_MS / 1000} s`).message));
    });
    if (signal.aborted) return onAbort();
    if (tunnel.destroyed) return onEnd();
    signal.addEventListener("abort", onAbort);
    tunnel.on("data", onData).on("end", onEnd).on("close", onEnd).on("error", onError);
    start();
  });
}
