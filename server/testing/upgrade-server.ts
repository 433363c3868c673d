import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { refuseSocket } from "../http/socket-refusal";
import { toBerthError } from "../platform/errors";

/** A bare server on loopback that gives every upgrade to `handle` and answers its errors as the real listener does. */
export async function startUpgradeServer(handle: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<unknown>) {
  const server = createServer((_, response) => response.writeHead(404).end());
  const sockets = new Set<Duplex>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    handle(request, socket, head).catch((error: unknown) => refuseSocket(socket, toBerthError(error), "req-test", new Date()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    server,
    sockets,
    port,
    origin: `http://127.0.0.1:${port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
