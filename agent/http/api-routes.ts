/** What a part of the agent's HTTP API is made of: `terminals/`, `files/` and its like each bring a list of these. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { PortTerms } from "@berth/protocol/session-ports";

export interface ApiCall {
  readonly request: IncomingMessage;
  /** The one that this tunnel serves. */
  readonly sessionId: string;
  /** By the `{name}`s of the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** What the session's policy says of its ports; null: this tunnel is for something else. */
  readonly portTerms: PortTerms | null;
  /** Aborted when whoever asked has gone, or the agent ends. */
  readonly signal: AbortSignal;
}

/** `path` comes after `/sessions/{id}/`; `{name}` takes one segment. What is thrown before the first byte becomes the answer. */
export interface ApiRoute {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  answer(call: ApiCall, response: ServerResponse): Promise<void>;
}

/** `open` answers the upgrade itself; what it throws before that becomes a refusal. */
export interface ApiUpgrade {
  readonly path: string;
  open(call: ApiCall, socket: Duplex, head: Buffer): Promise<void>;
}

export interface ApiPart {
  readonly routes: readonly ApiRoute[];
  readonly upgrades: readonly ApiUpgrade[];
  /** Ends what it holds open. */
  close?(): void | Promise<void>;
}

/** The parameters of `path` where it is of the pattern; null where it isn't, or has an encoding that is none. */
export function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [place, name] of wanted.entries()) {
    const segment = given[place] ?? "";
    if (!name.startsWith("{")) {
      if (name !== segment) return null;
      continue;
    }
    try {
      params[name.slice(1, -1)] = decodeURIComponent(segment);
    } catch {
      return null;
    }
  }
  return params;
}
