import { createTRPCClient, httpBatchLink, httpLink, splitLink, type TRPCClient, wsLink } from "@trpc/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../server/trpc/app-router";
import { type FollowLogs, followLogs } from "./follow-logs";
import { type Forwarding, forwardPort, type PortForward } from "./forward-port";
import { liveSocket } from "./live-socket";
import { fromTrpc } from "./request-error";
import { type ProgramRun, runProgram } from "./run-program";
import { type SessionFiles, sessionFiles } from "./session-files";
import { translatedCalls } from "./translated-calls";
import { type Session, type SessionWish, waitForSession } from "./wait-for-session";

export { NoAnswerError, RequestError, WaitTimedOut } from "./request-error";
export type { Copied, CopyOptions, SessionFiles } from "./session-files";
export { type VerifyWebhook, verifyWebhook, type WebhookEvent, WebhookRefused } from "./verify-webhook";
export type { AppRouter, FollowLogs, Forwarding, PortForward, ProgramRun, Session, SessionWish };
export type Inputs = inferRouterInputs<AppRouter>;
/** What procedures answer; moments are ISO 8601 strings. */
export type Outputs = inferRouterOutputs<AppRouter>;

export interface BerthClientOptions {
  /** Where people open Berth: `https://berth.example.net`. Default: `BERTH_URL`. */
  readonly url?: string | undefined;
  /** An API token, or what `api.auth.signIn` answers. Default: `BERTH_TOKEN`; null for none, as before signing in. */
  readonly token?: string | null | undefined;
  /** Told to the control plane, for the list of logins. */
  readonly userAgent?: string | undefined;
}

export interface BerthClient {
  readonly url: string;
  /**
   * Every procedure, typed: `api.sessions.create.mutate({ template: "firefox-browser" })`. Calls reject with `RequestError` (`code`,
   * `requestId`) or `NoAnswerError`. Subscriptions (`api.live.events.subscribe`) go over one WebSocket.
   */
  readonly api: TRPCClient<AppRouter>;
  readonly sessions: {
    /** See `waitForSession`: by live updates, until `timeoutMs`. */
    waitFor(id: string, wish: SessionWish): Promise<Session>;
    /** See `followLogs`: lines as they are printed, until the container has ended. */
    followLogs(id: string, options?: FollowLogs): AsyncGenerator<string>;
    /** See `runProgram`: a program inside a session, until it has ended; its exit code. */
    exec(id: string, run: ProgramRun): Promise<number>;
    /** See `forwardPort`: a port of a session on this machine, until it is closed. */
    forward(id: string, forward: PortForward): Promise<Forwarding>;
  };
  /** What is in sessions' folders; lists and small things are `api.files`. */
  readonly files: SessionFiles;
  /** Ends the WebSocket, so that the program can end. */
  close(): Promise<void>;
}

/** Throws `TypeError` for an address that is none. Nothing is sent before the first call. */
export function createBerthClient(options: BerthClientOptions = {}): BerthClient {
  const { url: given = process.env.BERTH_URL, token = process.env.BERTH_TOKEN ?? null, userAgent = "berth-client" } = options;
  if (!given) throw new TypeError("Say where Berth is: { url }, or the environment variable BERTH_URL");
  const url = new URL(given);
  const headers = { "user-agent": userAgent, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const address = new URL("/api/trpc", url).href;
  const live = liveSocket(url, token || null);
  const calls = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === "subscription",
        true: wsLink({ client: live }),
        false: splitLink({
          condition: ({ type }) => type === "mutation",
          true: httpLink({ url: address, headers }),
          false: httpBatchLink({ url: address, headers, maxURLLength: 4000 }),
        }),
      }),
    ],
  });
  const api = translatedCalls(calls, (error) => fromTrpc(error, url.origin));
  return {
    url: url.origin,
    api,
    sessions: {
      waitFor: (id, wish) => waitForSession(api, id, wish),
      followLogs: (id, following) => followLogs(url, token || null, id, following),
      exec: (id, run) => runProgram(url, token || null, id, run),
      forward: (id, forward) => forwardPort(url, token || null, id, forward),
    },
    files: sessionFiles({ url, token: token || null, api }),
    close: async () => void (await live.close()),
  };
}
