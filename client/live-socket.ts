import { createWSClient, type TRPCWebSocketClient } from "@trpc/client";
import { WebSocket } from "ws";

/** The socket of live updates. It is opened by the first subscription, and opened again when it breaks; `token` goes in a header, never in the address. */
export function liveSocket(url: URL, token: string | null): TRPCWebSocketClient {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  class BearerSocket extends WebSocket {
    constructor(address: string | URL) {
      super(address, { headers, perMessageDeflate: false });
    }
  }
  return createWSClient({
    url: webSocketUrl(url, "/live"),
    // The browser's class and this one differ in what tRPC does not use.
    WebSocket: BearerSocket as unknown as typeof globalThis.WebSocket,
    lazy: { enabled: true, closeMs: 1000 },
    keepAlive: { enabled: true, intervalMs: 15_000, pongTimeoutMs: 5_000 },
    retryDelayMs: (attempt) => Math.min(500 * 2 ** attempt, 10_000),
  });
}

/** `wss:` for `https:`. */
export function webSocketUrl(url: URL, path: string): string {
  const address = new URL(path, url);
  address.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}
