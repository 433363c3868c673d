import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { DISPLAY_WITH_PINGS } from "@berth/protocol/display-ping";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import WebSocket, { type WebSocket as Peer, WebSocketServer } from "ws";
import { MeteredSocket } from "./metered-socket";

beforeAll(() => vi.stubGlobal("WebSocket", WebSocket));
afterAll(() => vi.unstubAllGlobals());
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A socket that noVNC would use, and an agent that knows of pings or doesn't. */
async function connected(knows: boolean) {
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    handleProtocols: (offered) => [...(knows ? [DISPLAY_WITH_PINGS] : []), "binary"].find((name) => offered.has(name)) ?? false,
  });
  await once(server, "listening");
  const address: string | AddressInfo | null = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const socket = new MeteredSocket(`ws://127.0.0.1:${address.port}/`);
  ends.push(() => {
    socket.close();
    server.close();
  });
  const got: unknown[] = [];
  // In the order of noVNC's: an opened socket may have something to say at once.
  socket.binaryType = "arraybuffer";
  socket.onmessage = (event) => got.push(event.data);
  const [peer]: Peer[] = await once(server, "connection");
  if (!peer) throw new Error("nobody came");
  const texts: string[] = [];
  peer.on("message", (data, isBinary) => isBinary || texts.push(String(data)));
  await vi.waitFor(() => expect(socket.readyState).toBe(WebSocket.OPEN));
  return { socket, peer, got, texts };
}

it("measures the way to the agent and back, one ping at a time, and keeps the answers from noVNC", async () => {
  const { socket, peer, got, texts } = await connected(true);
  expect(socket.latency).toBeNull();
  socket.ping();
  socket.ping();
  await vi.waitFor(() => expect(texts).toEqual(["ping 1"]));
  peer.send("pong 7");
  peer.send("pong 1");
  peer.send(new Uint8Array([1, 2, 3]));
  await vi.waitFor(() => expect(got).toHaveLength(1));
  expect(socket.latency).toBeGreaterThan(0);
  expect(socket.received).toBe(3);
  socket.ping();
  await vi.waitFor(() => expect(texts).toEqual(["ping 1", "ping 2"]));
});

it("asks an agent that knows nothing of pings for none: its latency stays unknown", async () => {
  const { socket, peer, got, texts } = await connected(false);
  expect(socket.protocol).toBe("binary");
  socket.ping();
  socket.send(new Uint8Array([4]));
  peer.send(new Uint8Array(10));
  await vi.waitFor(() => expect(got).toHaveLength(1));
  expect([texts, socket.latency, socket.received]).toEqual([[], null, 10]);
});
