/**
 * The floor: a WebSocket server over TLS that asks agents for a certificate, answers their registration, pings them, parses what they say and
 * forgets it. No database, no identity, no rules. A process of its own; it speaks with the bench over Node's IPC.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:https";
import { type WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { answerCalls } from "../measure/child";

const BEAT_MS = 10_000;
const saidSchema = z.object({ type: z.string(), agent_id: z.string().optional(), command_id: z.string().optional() });

const agents = new Set<WebSocket>();
const waiting = new Map<string, () => void>();

function answer(socket: WebSocket): void {
  const timer = setInterval(() => socket.ping(), BEAT_MS);
  agents.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => {
    clearInterval(timer);
    agents.delete(socket);
  });
  socket.on("message", (data) => {
    const said = saidSchema.parse(JSON.parse(String(data)));
    if (said.type === "register")
      socket.send(JSON.stringify({ type: "register_ack", agent_id: said.agent_id, status: "registered", heartbeat_interval: "10s" }));
    if (said.type === "command_result") waiting.get(said.command_id ?? "")?.();
  });
}

async function trips(input: unknown): Promise<number[]> {
  const { count } = z.object({ count: z.number() }).parse(input);
  const all = [...agents];
  const took: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const id = randomUUID();
    const began = performance.now();
    const done = new Promise<void>((resolve) => waiting.set(id, resolve));
    const command = {
      type: "command",
      command_id: id,
      command_type: "docker_pull",
      session_id: null,
      data: { image: "fleet/image", tag: "1" },
    };
    all[Math.floor((at * all.length) / count)]?.send(JSON.stringify(command));
    await done;
    waiting.delete(id);
    took.push(performance.now() - began);
  }
  return took;
}

answerCalls({
  listen: (input) => {
    const { cert, key, ca } = z.object({ cert: z.string(), key: z.string(), ca: z.string() }).parse(input);
    const server = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true });
    const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false });
    sockets.on("connection", answer);
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" && address ? address.port : 0);
      });
    });
  },
  connected: () => agents.size,
  trips,
});
