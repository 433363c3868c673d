import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { Login } from "../modules/users/users-schema";
import type { RequestFacts } from "./calls";
import { cameInPlain, clientAddress } from "./client-address";

/** Several ask it of each request, and who is trusted never changes. */
const addresses = new WeakMap<IncomingMessage, string>();

/** The client's address, behind whatever proxies are trusted. */
export function requestAddress(request: IncomingMessage, trusted: (address: string) => boolean): string {
  const known = addresses.get(request) ?? readAddress(request, trusted);
  addresses.set(request, known);
  return known;
}

function readAddress(request: IncomingMessage, trusted: (address: string) => boolean): string {
  return clientAddress(request.socket.remoteAddress, joined(request.headers["x-forwarded-for"]), trusted);
}

const joined = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header.join(",") : header);

/** What a procedure's context is made from, once it is known who asks. */
export function requestFacts(
  request: IncomingMessage,
  requestId: string,
  caller: { login: Login | null; countedAsLogin: boolean },
  trusted: (address: string) => boolean,
  publicHttps: boolean,
): RequestFacts {
  const agentToken = request.headers["x-agent-token"];
  return {
    ...caller,
    requestId,
    address: requestAddress(request, trusted),
    inPlain: cameInPlain(
      {
        encrypted: request.socket instanceof TLSSocket,
        remote: request.socket.remoteAddress,
        forwardedFor: joined(request.headers["x-forwarded-for"]),
        forwardedProto: joined(request.headers["x-forwarded-proto"]),
      },
      trusted,
      publicHttps,
    ),
    userAgent: request.headers["user-agent"] ?? null,
    agentToken: typeof agentToken === "string" ? agentToken : null,
  };
}
