import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { displayPath, logHeadSchema } from "@berth/protocol/tunnel";
import WebSocket from "ws";
import type { Check } from "../check";
import { Difference, NotServed } from "../check";
import { expectEqual, expectShape, expectThat, shown } from "../expectations";
import type { AgentWorld } from "./agent-world";

const section = "agent-tunnels";

async function displayTunnel(world: AgentWorld, sessionId: string): Promise<Duplex> {
  const { plane, channel } = await world.channel();
  return plane.tunnel(channel, (id, secret) => ({
    type: "vnc_proxy_request",
    session_id: sessionId,
    proxy_id: id,
    data: { pod_name: "pod", namespace: "conformance", vnc_port: 5900, tunnel_secret: secret, mode: "control" },
  }));
}

/** A viewer's WebSocket in the tunnel: the first message, or the status that refused it. */
function firstPicture(tunnel: Duplex, path: string): Promise<{ status: number; first: Buffer; socket: WebSocket }> {
  const socket = new WebSocket(`ws://agent${path}`, ["binary"], { createConnection: () => tunnel, perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Difference("an answer within 10 s", "none", "the upgrade in the tunnel")), 10_000);
    const settle = (status: number, first: Buffer) => {
      clearTimeout(late);
      resolve({ status, first, socket });
    };
    socket.on("message", (data) => settle(101, Buffer.isBuffer(data) ? data : Buffer.alloc(0)));
    socket.on("unexpected-response", (_, response) => settle(response.resume().statusCode ?? 0, Buffer.alloc(0)));
    socket.on("close", () => settle(0, Buffer.alloc(0)));
    socket.on("error", () => {});
  });
}

function firstLine(tunnel: Duplex): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    tunnel.on("data", (part: Buffer) => {
      text += part.toString("utf8");
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    tunnel.on("close", () => resolve(text));
  });
}

export const agentTunnelChecks: readonly Check<AgentWorld>[] = [
  {
    id: "channel-70",
    section,
    says: "At vnc_proxy_request it dials back as itself with the secret, and serves the display there: 101, then the RFB banner",
    async run(world) {
      const { sessionId } = await world.session();
      const { status, first, socket } = await firstPicture(await displayTunnel(world, sessionId), displayPath(sessionId, "control"));
      expectEqual(status, 101, "the upgrade in the tunnel");
      expectThat(
        /^RFB \d{3}\.\d{3}\n$/.test(first.toString("latin1")),
        "RFB's banner",
        first.toString("latin1"),
        "the display's first message",
      );
      socket.terminate();
    },
  },
  {
    id: "channel-71",
    section,
    says: "A session that it does not have is no display: its answer is an error, and no 101",
    async run(world) {
      const nowhere = randomUUID();
      const { status, socket } = await firstPicture(await displayTunnel(world, nowhere), displayPath(nowhere, "control"));
      expectThat(status >= 400, "an error's status", status, "the upgrade in the tunnel");
      socket.terminate();
    },
  },
  {
    id: "channel-72",
    section,
    says: "A tunnel serves what it was asked for, and no other session or mode",
    async run(world) {
      const { sessionId } = await world.session();
      for (const path of [displayPath(randomUUID(), "control"), displayPath(sessionId, "view"), "/"]) {
        const { status, socket } = await firstPicture(await displayTunnel(world, sessionId), path);
        expectThat(status !== 101, "an error's status", status, `the upgrade of ${path} in the tunnel`);
        socket.terminate();
      }
    },
  },
  {
    id: "channel-73",
    section,
    says: "At logs_request it sends what the session printed, a line of JSON each, after one that says that it can",
    async run(world) {
      const { sessionId } = await world.session();
      const { plane, channel } = await world.channel();
      const capabilities = channel.heard[0]?.capabilities;
      if (!Array.isArray(capabilities) || !capabilities.includes("logs")) throw new NotServed("no capability 'logs'", "logs_request");
      const tunnel = await plane.tunnel(channel, (id, secret) => ({
        type: "logs_request",
        tunnel_id: id,
        tunnel_secret: secret,
        session_id: sessionId,
        tail: 10,
        follow: false,
      }));
      const line = await firstLine(tunnel);
      expectShape(logHeadSchema, jsonOf(line), `the first line of the log, ${shown(line)}`);
      tunnel.destroy();
    },
  },
];

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
