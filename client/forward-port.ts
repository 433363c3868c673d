import type { IncomingMessage } from "node:http";
import { createServer, type Socket } from "node:net";
import { PORT_PROTOCOL, type PortWords, portPath, portWordsSchema } from "@berth/protocol/session-ports";
import { MAX_INPUT_BYTES, TAKEN_EVERY, WINDOW_BYTES } from "@berth/protocol/terminal";
import { WebSocket } from "ws";
import { readRefusal } from "./follow-logs";
import { webSocketUrl } from "./live-socket";
import { NoAnswerError } from "./request-error";

export interface PortForward {
  /** The session's. */
  readonly port: number;
  /** Of this machine; 0 for any that is free. Default: the session's. */
  readonly localPort?: number;
  /** Default: 127.0.0.1, so that nobody else on the network comes by it. */
  readonly address?: string;
  /** A path with a ticket for each connection, where the token alone won't do. */
  readonly ticketPath?: (() => Promise<string>) | undefined;
  /** A connection was accepted here. */
  readonly onConnection?: () => void;
  /** One could not be made, or broke; the others go on. */
  readonly onProblem?: (error: Error) => void;
}

export interface Forwarding {
  readonly address: string;
  readonly localPort: number;
  /** Ends it, with every connection that is open. */
  close(): Promise<void>;
}

/**
 * Listens on this machine and passes each connection on to a port of a session, by a WebSocket of its own. Rejects where it can't listen. That
 * the session or the control plane is away is told by `onProblem`, for each connection: the next may come through.
 */
export async function forwardPort(url: URL, token: string | null, id: string, forward: PortForward): Promise<Forwarding> {
  const { port, address = "127.0.0.1", onConnection, onProblem } = forward;
  const sockets = new Set<Socket>();
  const dial = async (): Promise<WebSocket> => {
    const path = (await forward.ticketPath?.()) ?? `/api/v1/sessions/${encodeURIComponent(id)}/${portPath(port)}`;
    const headers = token === null || forward.ticketPath ? {} : { authorization: `Bearer ${token}` };
    return opened(new WebSocket(webSocketUrl(url, path), PORT_PROTOCOL, { headers, perMessageDeflate: false }), url);
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setNoDelay(true);
    onConnection?.();
    dial().then(
      (webSocket) => joinPort(webSocket, socket, onProblem),
      (error: unknown) => {
        // Reset, not ended: whoever connected is not to take it for an empty answer.
        socket.resetAndDestroy();
        onProblem?.(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(forward.localPort ?? port, address, resolve);
  });
  const bound = server.address();
  return {
    address,
    localPort: typeof bound === "object" && bound !== null ? bound.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function opened(webSocket: WebSocket, url: URL): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    webSocket.once("open", () => {
      // What the port says first may come with the answer itself, before anybody listens.
      webSocket.pause();
      resolve(webSocket);
    });
    webSocket.once("unexpected-response", (_request, response: IncomingMessage) => void readRefusal(response).then(reject));
    webSocket.on("error", (error) => reject(new NoAnswerError(url.origin, error)));
  });
}

/** Neither side holds more of the other's bytes than the window. */
function joinPort(webSocket: WebSocket, socket: Socket, onProblem: PortForward["onProblem"]): void {
  let sent = 0;
  let acknowledged = 0;
  let taken = 0;
  let told = 0;
  let ended = false;
  const say = (words: PortWords): void => {
    if (webSocket.readyState === WebSocket.OPEN) webSocket.send(JSON.stringify(words));
  };
  const flow = (): void => {
    if (sent - acknowledged >= WINDOW_BYTES) socket.pause();
    else if (socket.isPaused()) socket.resume();
  };
  socket.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += MAX_INPUT_BYTES) {
      const piece = chunk.subarray(at, at + MAX_INPUT_BYTES);
      sent += piece.length;
      if (webSocket.readyState === WebSocket.OPEN) webSocket.send(piece, { binary: true });
    }
    flow();
  });
  socket.once("end", () => say({ type: "end" }));
  socket.once("close", () => webSocket.close(1000));
  webSocket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) {
      socket.write(data, () => {
        taken += data.length;
        if (taken - told < TAKEN_EVERY) return;
        told = taken;
        say({ type: "taken", bytes: taken });
      });
      return;
    }
    const words = portWordsSchema.safeParse(JSON.parse(String(data))).data;
    if (words?.type === "end") {
      ended = true;
      socket.end();
    }
    if (words?.type !== "taken") return;
    acknowledged = words.bytes;
    flow();
  });
  webSocket.once("close", (code, reason) => {
    if (code === 1000 || ended) return void socket.destroySoon();
    if (!socket.destroyed) onProblem?.(new Error(`The connection was cut off (${String(reason) || code})`));
    socket.resetAndDestroy();
  });
  webSocket.resume();
  if (socket.destroyed) webSocket.close(1000);
  else socket.resume();
}
