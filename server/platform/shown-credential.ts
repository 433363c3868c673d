import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";

/** What a request shows of who made it, and what a proof would have to be of. */
export interface ShownCredential {
  /** DER of the certificate whose key the TLS handshake proved; null where none was asked for or shown. It is not yet believed. */
  readonly certificate: Uint8Array | null;
  readonly authorization: string | null;
  /** `X-Agent-Token`. */
  readonly agentToken: string | null;
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  readonly body: Uint8Array;
}

const nothing = new Uint8Array();

export function shownCredential(request: IncomingMessage, body: Uint8Array = nothing): ShownCredential {
  const { socket, headers } = request;
  const agentToken = headers["x-agent-token"];
  return {
    certificate: socket instanceof TLSSocket ? (socket.getPeerX509Certificate()?.raw ?? null) : null,
    authorization: headers.authorization ?? null,
    agentToken: typeof agentToken === "string" ? agentToken : null,
    method: request.method ?? "GET",
    target: request.url ?? "",
    body,
  };
}
