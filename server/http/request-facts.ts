import type { IncomingMessage } from "node:http";
import type { Login } from "../modules/users/users-schema";
import type { RequestFacts } from "./calls";
import { clientAddress } from "./client-address";

/** Several ask it of each request, and who is trusted never changes. */
const addresses = new WeakMap<IncomingMessage, string>();

/** The client's address, behind whatever proxies are trusted. */
export function requestAddress(request: IncomingMessage, trusted: (address: string) => boolean): string {
  const known = addresses.get(request) ?? readAddress(request, trusted);
  addresses.set(request, known);
  return known;
}

function readAddress(request: IncomingMessage, trusted: (address: string) => boolean): string {
  const forwarded = request.headers["x-forwarded-for"];
  return clientAddress(request.socket.remoteAddress, Array.isArray(forwarded) ? forwarded.join(",") : forwarded, trusted);
}

/** What a procedure's context is made from, once it is known who asks. */
export function requestFacts(
  request: IncomingMessage,
  requestId: string,
  caller: { login: Login | null; countedAsLogin: boolean },
  trusted: (address: string) => boolean,
): RequestFacts {
  const agentToken = request.headers["x-agent-token"];
  return {
    ...caller,
    requestId,
    address: requestAddress(request, trusted),
    userAgent: request.headers["user-agent"] ?? null,
    agentToken: typeof agentToken === "string" ? agentToken : null,
  };
}
