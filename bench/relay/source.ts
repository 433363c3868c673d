/** The synthetic display: a process that floods, echoes or keeps quiet, on a TCP port of the loopback. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { answerCalls } from "../measure/child";
import { BANNER, readClientMessage, serverHandshake } from "./rfb-wire";

/** Large, so that the source costs little beside what it measures. */
const block = randomBytes(256 * 1024);
const TICK_MS = 5;

function flood(socket: Socket, megabytesPerSecond: number): void {
  if (megabytesPerSecond > 0) {
    const share = block.subarray(0, Math.min(block.length, (megabytesPerSecond * 1e6 * TICK_MS) / 1000));
    const timer = setInterval(() => {
      if (socket.writableLength === 0) socket.write(share);
    }, TICK_MS);
    socket.on("close", () => clearInterval(timer));
    return;
  }
  const pour = (): void => {
    while (socket.writable && socket.write(block));
  };
  socket.on("drain", pour);
  pour();
}

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.write(BANNER);
  let step = 0;
  let unread: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    for (let next = serverHandshake[step]; next && unread.length >= next.expect; next = serverHandshake[step]) {
      unread = unread.subarray(next.expect);
      socket.write(next.send);
      step += 1;
    }
    if (step < serverHandshake.length) return;
    for (let message = readClientMessage(unread); message; message = readClientMessage(unread)) {
      if (message.kind === "ping") socket.write(unread.subarray(0, message.bytes));
      else flood(socket, message.megabytesPerSecond);
      unread = unread.subarray(message.bytes);
    }
  });
}

const server = createServer(serve).listen({ port: 0, host: "127.0.0.1", backlog: 1024 });
const listening = once(server, "listening");
answerCalls({
  port: async () => {
    await listening;
    const address = server.address();
    return typeof address === "object" && address ? address.port : null;
  },
});
