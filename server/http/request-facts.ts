import type { IncomingMessage } from "node:http";
import type { RequestFacts } from "./calls";
import { clientAddress } from "./client-address";
import { type Authenticator, identify } from "./identify";

/** The client's address, behind whatever proxies are trusted. */
export function requestAddress(request: IncomingMessage, trusted: (address: string) => boolean): string {
  const forwarded = request.headers["x-forwarded-for"];
  return clientAddress(request.socket.remoteAddress, Array.isArray(forwarded) ? forwarded.join(",") : forwarded, trusted);
}

/** What a procedure's context is made from. Throws `BerthError` for a token that can't be used. */
export async function requestFacts(
  request: IncomingMessage,
  requestId: string,
  { authenticator, trusted }: { authenticator: Authenticator; trusted(address: string): boolean },
): Promise<RequestFacts> {
  const agentToken = request.headers["x-agent-token"];
  const address = requestAddress(request, trusted);
  return {
    login: await identify(request.headers, authenticator, address),
    requestId,
    address,
    userAgent: request.headers["user-agent"] ?? null,
    agentToken: typeof agentToken === "string" ? agentToken : null,
  };
}
