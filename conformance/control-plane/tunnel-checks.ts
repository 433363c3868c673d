import { once } from "node:events";
import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { displayPath } from "@berth/protocol/tunnel";
import WebSocket, { WebSocketServer } from "ws";
import type { Check } from "../check";
import { vncProxyRequestShape } from "../contract/shapes";
import { expectEqual, expectShape, expectThat, expectUpgrade } from "../expectations";
import type { Upgraded } from "../wire/ask";
import { runningStory, type Story } from "./command-checks";
import type { Plane } from "./plane";

const section = "tunnels";
const where = "channel, from the control plane: vnc_proxy_request";

/** A viewer that waits, and what the agent was asked for it. */
async function viewer(plane: Plane, { channel, session }: Story) {
  const from = channel.heard.length;
  const target = `/vnc-viewer/${session.id}?token=${await plane.adminToken()}`;
  const url = new URL(`${plane.options.url.pathname.replace(/\/$/, "")}${target}`, plane.options.url);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, ["binary"], { perMessageDeflate: false });
  socket.on("error", () => {});
  const answered = new Promise<number>((resolve) => {
    socket.on("open", () => resolve(101));
    socket.on("unexpected-response", (_, response) => resolve(response.resume().statusCode ?? 0));
    socket.on("close", () => resolve(0));
  });
  const request = await channel.next("vnc_proxy_request", ({ session_id }) => session_id === session.id, from);
  const { proxy_id, data } = expectShape(vncProxyRequestShape, request, where);
  return { socket, answered, id: proxy_id, secret: data.tunnel_secret, data };
}

const open = (dialled: Upgraded): Duplex => expectUpgrade(dialled, "upgrade of /agent/tunnel/{id}");

/** An agent's display: a server that listens nowhere and sends back what it gets. */
function echoOn(socket: Duplex): Promise<string> {
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer();
  return new Promise((resolve) => {
    server.on("upgrade", (request, stream, head) => {
      sockets.handleUpgrade(request, stream, head, (display) => display.on("message", (data, binary) => display.send(data, { binary })));
      resolve(request.url ?? "");
    });
    server.emit("connection", socket);
  });
}

export const tunnelChecks: readonly Check<Plane>[] = [
  {
    id: "channel-30",
    section,
    says: "A viewer of a running session asks its agent with vnc_proxy_request; after the dial back, bytes go both ways as they are",
    async run(plane) {
      const story = await runningStory(plane);
      const asked = await viewer(plane, story);
      expectEqual(asked.data.pod_name, `${story.session.name}-7c8f9d6b5`, `${where}.data.pod_name`);
      const asksFor = await echoOn(open(await story.agent.dialTunnel(asked.id, asked.secret)));
      expectEqual(asksFor, displayPath(story.session.id, "control"), "the upgrade in the tunnel");
      expectEqual(await asked.answered, 101, "GET /vnc-viewer/{id}");
      const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 251));
      const back = once(asked.socket, "message");
      asked.socket.send(bytes);
      const [data] = await back;
      expectThat(Buffer.isBuffer(data) && data.equals(bytes), "the 70,000 bytes that were sent", "others", "the viewer's bytes");
      asked.socket.close();
      await once(asked.socket, "close");
    },
  },
  {
    id: "channel-31",
    section,
    says: "A tunnel is dialled by the agent that was asked, with its secret, once: any other dial is refused",
    async run(plane) {
      const story = await runningStory(plane);
      const { agent } = story;
      const other = await plane.otherAgent();
      const asked = await viewer(plane, story);
      const at = "upgrade of /agent/tunnel/{id}";
      const nobody = await agent.dialTunnel(asked.id, asked.secret, { authorization: null });
      expectEqual(nobody.status, 401, `${at} without a credential`);
      expectEqual((await agent.dialTunnel(asked.id, `${asked.secret.slice(1)}x`)).status, 404, `${at} with another secret`);
      expectEqual((await other.dialTunnel(asked.id, asked.secret)).status, 404, `${at} by another agent`);
      expectEqual((await agent.dialTunnel("no-such-tunnel", asked.secret)).status, 404, `${at} that was not asked for`);
      const tunnel = open(await agent.dialTunnel(asked.id, asked.secret));
      expectEqual((await agent.dialTunnel(asked.id, asked.secret)).status, 404, `${at}, a second time`);
      tunnel.destroy();
      await asked.answered;
    },
  },
  {
    id: "channel-32",
    section,
    says: "What an agent answers but 101 reaches no viewer: it gets a 502 of the control plane's own",
    async run(plane) {
      const story = await runningStory(plane);
      const asked = await viewer(plane, story);
      const tunnel = open(await story.agent.dialTunnel(asked.id, asked.secret));
      await once(tunnel, "data");
      tunnel.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
      expectEqual(await asked.answered, 502, "GET /vnc-viewer/{id}");
      tunnel.destroy();
    },
  },
];
