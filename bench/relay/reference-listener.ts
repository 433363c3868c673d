/** What the two reference processes share: a WebSocket server on a free port, and sending no faster than the other end takes. */
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type WebSocket, WebSocketServer } from "ws";
import { type Certificate, readCertificate } from "../measure/certificate";

/** Resolves with the port. */
export async function listen(certificate: Certificate | null, accept: (viewer: WebSocket) => void): Promise<number> {
  const server = certificate ? createTlsServer(readCertificate(certificate)) : createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, handleProtocols: () => "binary" });
  sockets.on("connection", (socket, request) => {
    request.socket.setNoDelay(true);
    accept(socket);
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 });
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("not listening on a port");
  return address.port;
}

const HIGH_WATER_BYTES = 1024 * 1024;
const LOW_WATER_BYTES = 256 * 1024;

/** Sends on `to`; once a megabyte waits there, `from` is paused until most of it has gone. */
export function sendHeldBack(to: WebSocket, data: Buffer, from: { pause(): void; resume(): void }): void {
  to.send(data, { binary: true }, () => {
    if (to.bufferedAmount < LOW_WATER_BYTES) from.resume();
  });
  if (to.bufferedAmount > HIGH_WATER_BYTES) from.pause();
}
