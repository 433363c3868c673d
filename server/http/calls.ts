import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Login } from "../modules/users/users-schema";

/** What is known of a request before anyone answers it. */
export interface CallFacts {
  readonly request: IncomingMessage;
  readonly requestId: string;
  /** The client's address, as far as trusted proxies tell. */
  readonly address: string;
  /** As sent, undecoded. */
  readonly pathname: string;
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
}

export interface HttpCall extends CallFacts {
  readonly response: ServerResponse;
}

export interface UpgradeCall extends CallFacts {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** May throw `BerthError` as long as nothing was answered; the listener then answers. */
export type HttpHandler = (call: HttpCall) => void | Promise<void>;
/** May throw `BerthError` as long as nothing was answered; the listener then refuses the socket. */
export type UpgradeHandler = (call: UpgradeCall) => void | Promise<void>;

/** What the procedures' context is made from. */
export interface RequestFacts {
  readonly login: Login | null;
  /** It was counted as an attempt to sign in, for its address. */
  readonly countedAsLogin?: boolean;
  readonly requestId: string;
  readonly address: string;
  /** `User-Agent`. */
  readonly userAgent: string | null;
  /** It came over a network in plain http; told of REST's requests alone. */
  readonly inPlain?: boolean;
  /** `X-Agent-Token`. */
  readonly agentToken: string | null;
}
